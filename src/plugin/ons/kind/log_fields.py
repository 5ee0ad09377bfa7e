"""What the data of a log record says, whatever logger wrote it: its message, its level, where it happened.

Each logger spells its fields in its own way (logLevel, log.level, Level), so they are compared in small letters without
punctuation. What it says may stand in an object within the data, or in the JSON text of one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from plugin.ons import read
from plugin.ons.read import Body, spell

MESSAGES = ("message", "msg", "log", "text", "body", "errormessage", "error")  # the most telling first
NAMES = ("eventname", "action")  # what was done, where no message says more
LEVELS = ("severity", "level", "loglevel", "severitytext", "levelname", "lvl", "priority")
PLACES = ("podname", "containername", "namespacename", "hostname")  # where it happened, shown beside a message
SECRETS = {  # never shown
    "authorization", "consolesessionid", "cookie", "credentials", "headers", "identity", "password", "request", "secret",
    "token",
}  # fmt: skip
MAX_DEPTH = 4  # of the objects of a record
MAX_OBJECTS = 20  # on each of these levels
MAX_DETAILS = 20  # of what a record without a message holds


def objects_of(data: Body) -> list[Body]:
    """Return a record's data and the objects in it, level by level; the text of a JSON object is one of them."""
    level, found = [_open(data)], list[Body]()
    for _ in range(MAX_DEPTH):
        found += level
        level = [_open(each) for body in level for key in sorted(body) if not _is_secret(key) for each in _below(body[key])]
        level = level[:MAX_OBJECTS]
    return found


def _open(body: Body) -> Body:
    """Return an object with the texts of JSON objects in it read."""
    return {key: read.json_object(value) or value for key, value in body.items()}


def _below(value: Any) -> Iterator[Body]:
    for each in value[:MAX_OBJECTS] if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each


def message_of(objects: Sequence[Body]) -> str:
    """Return the message of a record; one that stands deeper is put behind the name of what was done."""
    if own := first(objects[:1], MESSAGES):
        return own
    further = first(objects[1:], MESSAGES)
    return ": ".join(filter(None, (first(objects[:1], NAMES), further))) if further else ""


def first(objects: Sequence[Body], keys: tuple[str, ...]) -> str:
    """Return the first text of these fields, in a record's data before what is below it."""
    for body in objects:
        by_spelling = {spell(key): body[key] for key in sorted(body)}
        for key in keys:
            if text := read.text(by_spelling, key):
                return text
    return ""


def places(objects: Sequence[Body]) -> list[str]:
    """Return a line for each dimension of the place where a message was written."""
    found = {spell(key): (key, read.text(body, key)) for body in objects for key in sorted(body) if spell(key) in PLACES}
    return [f"- {read.clean(key)}: {value}" for key, value in (found[place] for place in PLACES if place in found) if value]


def details(data: Body, known: Collection[str]) -> list[str]:
    """Return a line for each value of a record that has no message, without those that are known already."""
    lines = []
    for key in sorted(data):
        value = data[key]
        inner = {f"{key}.{name}": value[name] for name in sorted(value)} if isinstance(value, dict) else {key: value}
        for name, each in inner.items():
            hidden = _is_secret(key) or _is_secret(name) or isinstance(each, dict)
            if not hidden and (text := read.nested_text(each, 1)) and text not in known:
                lines.append(f"- {read.clean(name)}: {text}")
    return lines[:MAX_DETAILS]


def _is_secret(key: str) -> bool:
    return spell(key.rpartition(".")[2]) in SECRETS
