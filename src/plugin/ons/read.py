"""Strangers' values, read by path and tamed.

A path is keys and indices: `text(body, "alarmMetaData", 0, "status")`. What is absent, null or blank is the default;
what is of another type than it must be is refused by the name of its path (ERROR_FIELD), never by its value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from plugin.error import ERROR_FIELD, tame

Body = Mapping[str, Any]

_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, halves of surrogate pairs
_LARGEST_INTEGER = 2**53  # to which a float holds each integer


def text(body: Body, *path: str | int, default: str = "") -> str:
    """Return the text at the path, stripped; a number or a truth value as JSON writes it."""
    return spelled(at(body, *path), *path) or default


def mapping(body: Body, *path: str | int) -> Mapping[str, Any]:
    """Return the object at the path, or an empty one."""
    value = at(body, *path)
    if value is None or isinstance(value, Mapping):
        return value or {}
    raise ERROR_FIELD(name(path), "an object")


def items(body: Body, *path: str | int) -> list[Any]:
    """Return the list at the path, or an empty one."""
    value = at(body, *path)
    if value is None or isinstance(value, list):
        return value or []
    raise ERROR_FIELD(name(path), "a list")


def at(body: Body, *path: str | int) -> Any:
    """Return what stands at the path, or None."""
    value: Any = body
    for depth, step in enumerate(path):
        if value is None:
            return None
        if isinstance(step, int):
            if not isinstance(value, list):
                raise ERROR_FIELD(name(path[:depth]), "a list")
            value = value[step] if step < len(value) else None
        else:
            if not isinstance(value, Mapping):
                raise ERROR_FIELD(name(path[:depth]), "an object")
            value = value.get(step)
    return value


def spelled(value: Any, *path: str | int) -> str:
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


def whole(number: float) -> int | float:
    """Return 7 for 7.0, and any other number as it is: on the way here JSON's integers become floats."""
    if isinstance(number, float) and number.is_integer() and abs(number) < _LARGEST_INTEGER:
        return int(number)
    return number


def clean(value: str) -> str:
    """Return the text without what no database or terminal wants, stripped."""
    return _UNSTORABLE.sub("", value).strip()


def name(path: tuple[str | int, ...]) -> str:
    """Write a path as a person would: `alarmMetaData[0].status`."""
    return "".join(f"[{step}]" if isinstance(step, int) else "." + tame(step) for step in path).lstrip(".")
