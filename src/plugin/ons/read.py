"""Reading a stranger's values by path, as clean text.

A path is keys and indices: `text(body, "alarmMetaData", 0, "status")`. What is absent or null is empty; what is of another
type than it must be is refused by the name of its path (ERROR_FIELD), never by its value. `under` is the path of the
body itself within the message, for that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from plugin.error import ERROR_FIELD, printable_key
from plugin.model.number import whole

Body = Mapping[str, Any]  # a dict indeed: asking that is ten times cheaper than asking for a Mapping

Path = tuple[str | int, ...]

_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, halves of surrogate pairs


def text(body: Body, key: str, *path: str | int, under: Path = ()) -> str:
    """Return the text at the path, stripped; a number or a truth value as JSON writes it."""
    value = at(body, key, *path, under=under) if path else body.get(key)
    if isinstance(value, str):
        return value.strip() if value.isprintable() else clean(value)  # most are; a call less
    return scalar_text(value, *under, key, *path)


def mapping(body: Body, *path: str | int, under: Path = ()) -> Mapping[str, Any]:
    """Return the object at the path, or an empty one."""
    value = at(body, *path, under=under)
    if value is None or isinstance(value, dict):
        return value or {}
    raise ERROR_FIELD(name((*under, *path)), "an object")


def items(body: Body, *path: str | int, under: Path = ()) -> list[Any]:
    """Return the list at the path, or an empty one."""
    value = at(body, *path, under=under)
    if value is None or isinstance(value, list):
        return value or []
    raise ERROR_FIELD(name((*under, *path)), "a list")


def at(body: Body, *path: str | int, under: Path = ()) -> Any:
    """Return what stands at the path, or None."""
    value: Any = body
    for depth, step in enumerate(path):
        if value is None:
            return None
        if isinstance(step, int):
            if not isinstance(value, list):
                raise ERROR_FIELD(name((*under, *path[:depth])), "a list")
            value = value[step] if step < len(value) else None
        else:
            if not isinstance(value, dict):
                raise ERROR_FIELD(name((*under, *path[:depth])), "an object")
            value = value.get(step)
    return value


def scalar_text(value: Any, *path: str | int) -> str:
    """Return a single value as clean text: 85.5 is "85.5", 7.0 is "7", None is ""."""
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(whole(value))
    raise ERROR_FIELD(name(path), "text")


def clean(value: str) -> str:
    """Return the text without what no database or terminal wants, stripped."""
    return (value if value.isprintable() else _UNSTORABLE.sub("", value)).strip()


def name(path: Path) -> str:
    """Write a path as a person would: `alarmMetaData[0].status`."""
    return "".join(f"[{step}]" if isinstance(step, int) else "." + printable_key(step) for step in path).lstrip(".")
