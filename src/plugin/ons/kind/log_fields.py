"""Find message, level and location in the data of a log record, whatever logger wrote it.

Loggers spell fields differently (logLevel, log.level, Level), so names are normalized. The fields may be in a nested object, or
in JSON text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from plugin.ons import read
from plugin.ons.read import Body, normalize

MESSAGE_FIELDS = ("message", "msg", "log", "text", "body", "errormessage", "error")  # the best first
ACTION_FIELDS = ("eventname", "action")  # used if there is no message
LEVEL_FIELDS = ("severity", "level", "loglevel", "severitytext", "levelname", "lvl", "priority")
LOCATIONS = ("podname", "containername", "namespacename", "hostname")  # shown with a message
SECRET_FIELDS = {  # never shown
    "authorization", "consolesessionid", "cookie", "credentials", "headers", "identity", "password", "request", "secret",
    "token",
}  # fmt: skip
MAX_RECORD_DEPTH = 4  # of nested objects
MAX_OBJECTS = 20  # of a level
MAX_DETAILS = 20  # of a record without a message


def objects_of(data: Body) -> list[Body]:
    """Return a record's data and its nested objects, breadth first; JSON text of an object counts as one."""
    level, found = [_parse_texts(data)], list[Body]()
    for _ in range(MAX_RECORD_DEPTH):
        found += level
        values = [body[key] for body in level for key in sorted(body) if not _is_secret(key)]
        level = [_parse_texts(each) for value in values for each in _children(value)][:MAX_OBJECTS]
    return found


def _parse_texts(body: Body) -> Body:
    """Return an object with the JSON texts of objects in it parsed."""
    return {key: read.json_object(value) or value for key, value in body.items()}


def _children(value: Any) -> Iterator[Body]:
    for each in value[:MAX_OBJECTS] if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each


def message_of(objects: Sequence[Body]) -> str:
    """Return the message of a record; a nested one is prefixed with the action."""
    if own := first(objects[:1], MESSAGE_FIELDS):
        return own
    further = first(objects[1:], MESSAGE_FIELDS)
    return ": ".join(filter(None, (first(objects[:1], ACTION_FIELDS), further))) if further else ""


def first(objects: Sequence[Body], keys: tuple[str, ...]) -> str:
    """Return the first text of these fields; outer objects come first."""
    for body in objects:
        by_name = {normalize(key): body[key] for key in sorted(body)}
        for key in keys:
            if text := read.text(by_name, key):
                return text
    return ""


def location_lines(objects: Sequence[Body]) -> list[str]:
    """Return a line for each location field."""
    found = {normalize(key): (key, body) for body in objects for key in sorted(body)}
    located = (found[name] for name in LOCATIONS if name in found)
    return [f"- {read.clean(key)}: {value}" for key, body in located if (value := read.text(body, key))]


def detail_lines(data: Body, known: Collection[str]) -> list[str]:
    """Return a line for each value of a record that has no message, except those in `known`."""
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
    return normalize(key.rpartition(".")[2]) in SECRET_FIELDS
