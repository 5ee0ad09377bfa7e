"""A name that a person reads for an event of OCI: "Compute: Instance Action End".

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

import re

from plugin.ons.kind import catalogue

LEVELS = ("critical", "error", "warning", "information")  # last words of types whose event has a name of its own
PHASES = ("begin", "end")
_DASH = re.compile(r"\s*-\s+")
_JOINED = re.compile(r"(?!(?:HeatWave|WebLogic)\Z)[A-Z][a-z]+(?:[A-Z][a-z]+)+")  # KnowledgeBase, and not MySQL
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_WRAPPING = re.compile(r"Event - (?:Create )?(.+?)(?: Event)?")  # OS Management Hub: "Event - Create Kernel Crash Event"


def event_name(event_type: str, name: str = "") -> str:
    """Return what a person calls an event.

    `event_type` is `com.oraclecloud.computeapi.instanceaction.end`; `name` is the event's `data.eventName`, whose words begin
    with capital letters. It counts for the types that tell a level alone, and for those that Oracle's catalogue has no name of.
    """
    as_sent = event_type[len(catalogue.PREFIX) :] if event_type.lower().startswith(catalogue.PREFIX) else event_type
    service, *action = as_sent.lower().split(".")
    level = action[-1] if action and action[-1] in LEVELS else ""
    known = "" if level and name else catalogue.name_of(event_type)
    words = _read(known) or _separate(name) or " ".join(map(_spell_out, as_sent.split(".")[1:]))
    if name and not known and action and action[-1] in PHASES and not name.lower().endswith(action[-1]):
        words = f"{words} {action[-1].capitalize()}"
    called = catalogue.service_of(service)
    rest = words[len(called) :].strip() if known and words.lower().startswith(called.lower() + " ") else words
    return f"{called}: {rest}" if rest else called


def without_phase(name: str) -> str:
    """Return a name without "Begin" or "End" behind it."""
    words, _, last = name.rpartition(" ")
    return words if words and last.lower() in PHASES else name


def _read(known: str) -> str:
    """Return a name of the catalogue as a person writes it: "CreateKnowledgeBase - begin" as "Create Knowledge Base Begin"."""
    wrapped = _WRAPPING.fullmatch(known)
    words = _DASH.sub(" ", wrapped[1] if wrapped else known).split()
    return " ".join(
        _separate(word) if _JOINED.fullmatch(word) else word.capitalize() if word in PHASES else word for word in words
    )


def _spell_out(word: str) -> str:
    """Return a word of a type as sent: `createWidget` as "Create Widget"."""
    return _separate(word[:1].upper() + word[1:])


def _separate(name: str) -> str:
    """Return a name with its words apart: `DatabaseDownBegin` as "Database Down Begin"."""
    return name if "." in name else _CAPITALS.sub(" ", name).strip()
