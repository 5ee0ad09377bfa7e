"""A readable name for an OCI event: "Compute: Instance Action End".

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

import re

from plugin.ons.kind import catalogue

LEVEL_SUFFIXES = ("critical", "error", "warning", "information")  # last words of types; then the event has its own name
PHASES = ("begin", "end")
_DASH = re.compile(r"\s*-\s+")
_JOINED = re.compile(r"(?!(?:HeatWave|WebLogic)\Z)[A-Z][a-z]+(?:[A-Z][a-z]+)+")  # KnowledgeBase, and not MySQL
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_WRAPPING = re.compile(r"Event - (?:Create )?(.+?)(?: Event)?")  # OS Management Hub: "Event - Create Kernel Crash Event"


def event_name(event_type: str, name: str = "") -> str:
    """Return a readable name of an event.

    `event_type` is `com.oraclecloud.computeapi.instanceaction.end`; `name` is the event's `data.eventName` in camel
    case. It is used if the type only has a level, or is not in Oracle's catalogue.
    """
    short_type = event_type[len(catalogue.PREFIX) :] if event_type.lower().startswith(catalogue.PREFIX) else event_type
    service, *action = short_type.lower().split(".")
    level = action[-1] if action and action[-1] in LEVEL_SUFFIXES else ""
    catalogue_name = "" if level and name else catalogue.name_of(event_type)
    words = _format_catalogue_name(catalogue_name) or _separate(name) or " ".join(map(_spell_out, short_type.split(".")[1:]))
    if name and not catalogue_name and action and action[-1] in PHASES and not name.lower().endswith(action[-1]):
        words = f"{words} {action[-1].capitalize()}"
    service = catalogue.service_of(service)
    rest = words[len(service) :].strip() if catalogue_name and words.lower().startswith(service.lower() + " ") else words
    return f"{service}: {rest}" if rest else service


def without_phase(name: str) -> str:
    """Return a name without a final "Begin" or "End"."""
    words, _, last = name.rpartition(" ")
    return words if words and last.lower() in PHASES else name


def _format_catalogue_name(catalogue_name: str) -> str:
    """Return "Create Knowledge Base Begin" for "CreateKnowledgeBase - begin"."""
    wrapping = _WRAPPING.fullmatch(catalogue_name)
    words = _DASH.sub(" ", wrapping[1] if wrapping else catalogue_name).split()
    return " ".join(
        _separate(word) if _JOINED.fullmatch(word) else word.capitalize() if word in PHASES else word for word in words
    )


def _spell_out(word: str) -> str:
    """Return "Create Widget" for `createWidget`."""
    return _separate(word[:1].upper() + word[1:])


def _separate(name: str) -> str:
    """Return "Database Down Begin" for `DatabaseDownBegin`."""
    return name if "." in name else _CAPITALS.sub(" ", name).strip()
