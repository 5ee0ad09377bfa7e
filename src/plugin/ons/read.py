"""Read untrusted values: what cannot be read is left out and noted, but does not refuse the message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plugin.error import printable_key
from plugin.model.number import restore_integer
from plugin.ons import times

Body = Mapping[str, Any]  # always a dict: isinstance(…, dict) is ten times faster than Mapping

MAX_UNREADABLE = 5  # noted paths of a message
MAX_NESTED_ITEMS = 20  # of a list or an object written as text
MAX_NESTED_DEPTH = 3

_PUNCTUATION = str.maketrans("", "", "_-. ")
PREAUTHENTICATED_MARK = "/p/"  # in each pre-authenticated link of Object Storage
# Their tokens are cut: such a link needs no other credentials.
# https://docs.oracle.com/en-us/iaas/Content/Object/Tasks/usingpreauthenticatedrequests.htm
_PREAUTHENTICATED = re.compile(r"(/)p/[^/\s\"'<>]+/n/\S*|(objectstorage\.[^/\s\"'<>]{1,100}/)p/\S*")
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, halves of surrogate pairs


class Reader:
    """One object of a message, read field by field.

    A field of another type than it should have is read as empty, and its path (`alarmMetaData[0].status`) is noted in
    `unreadable`, a list that all readers of a message share. A field that is absent or null is empty and not noted.
    """

    __slots__ = ("_key", "_parent", "body", "unreadable")

    def __init__(self, body: Body, parent: Reader | None = None, key: str = "") -> None:
        """`parent` is the reader in which this object stands under `key`."""
        self.body = body
        self._parent = parent
        self._key = key
        self.unreadable: list[str] = parent.unreadable if parent else []

    def text(self, *keys: str) -> str:
        """Return the text of the first of these fields that has one, stripped; a number as JSON writes it."""
        for key in keys:
            value = self.body.get(key)
            if isinstance(value, str):
                text = value.strip() if value.isprintable() and PREAUTHENTICATED_MARK not in value else clean(value)
            else:
                text = "" if value is None else self.scalar(value, key)
            if text:
                return text
        return ""

    def object(self, key: str) -> Reader:
        """Return a reader of the object in a field, or of an empty one."""
        return self._reader(self.body.get(key), key)

    def objects(self, key: str) -> list[Reader]:
        """Return readers of the objects in a field's list; an object alone counts as a list of one."""
        if isinstance(self.body.get(key), dict):
            return [self.object(key)]
        return [self._reader(item, f"{key}[{i}]") for i, item in enumerate(self.items(key))]

    def items(self, key: str) -> list[Any]:
        """Return the list in a field, or an empty one; an object alone counts as a list of one."""
        value = self.body.get(key)
        if isinstance(value, list):
            return value
        if isinstance(value, dict):
            return [value]
        if value is not None:
            self.note(key)
        return []

    def texts(self) -> dict[str, str]:
        """Return all fields that have text, sorted by name: a protobuf Struct does not keep the sender's order."""
        return {clean(key): text for key in sorted(self.body) if (text := self.text(key))}

    def time(self, *keys: str, millis: str = "") -> datetime | None:
        """Return the first readable time of these fields (ISO 8601), else of the field `millis` (since 1970)."""
        for key in keys:
            if instant := times.from_text(self.body.get(key)):
                return instant
        if millis and (instant := times.from_millis(self.body.get(millis))):
            return instant
        for key in (*keys, millis):
            if self.body.get(key) not in (None, ""):
                self.note(key)
                break
        return None

    def scalar(self, value: Any, key: str) -> str:
        """Return a scalar as text; note the key and return "" for anything else."""
        text = scalar_text(value)
        if text is None:
            self.note(key)
        return text or ""

    def note(self, key: str) -> None:
        """Note that a field cannot be read."""
        if len(self.unreadable) < MAX_UNREADABLE and (path := self._path(key)) not in self.unreadable:
            self.unreadable.append(path)

    def _path(self, key: str) -> str:
        return f"{self._parent._path(self._key)}.{_printable(key)}" if self._parent else _printable(key)

    def _reader(self, value: Any, key: str) -> Reader:
        if isinstance(value, dict):
            return Reader(value, self, key)
        if value is not None:
            self.note(key)
        return Reader({}, self, key)


def text(body: Body, key: str) -> str:
    """Return the text of a field, or "" where there is none; nothing is noted."""
    return scalar_text(body.get(key)) or ""


def scalar_text(value: Any) -> str | None:
    """Return a single value as clean text (85.5 is "85.5", 7.0 is "7", None is ""), or None for an object or a list."""
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(restore_integer(value))
    return None


def nested_text(value: Any, depth: int = MAX_NESTED_DEPTH) -> str:
    """Return a value as text; of a list its items, of an object its fields ("port: 22, open: true"), both bounded."""
    if depth and isinstance(value, list):
        return ", ".join(filter(None, (nested_text(item, depth - 1) for item in value[:MAX_NESTED_ITEMS])))
    if depth and isinstance(value, dict):
        texts = ((clean(key), nested_text(each, depth - 1)) for key, each in sorted(value.items())[:MAX_NESTED_ITEMS])
        return ", ".join(f"{key}: {text}" for key, text in texts if text)
    return scalar_text(value) or ""


def normalize(key: str) -> str:
    """Return a name in lower case without punctuation: services and loggers spell the same name differently."""
    return key.lower() if key.isalnum() else key.translate(_PUNCTUATION).lower()


def json_object(value: Any) -> Body:
    """Return the object that a text holds as JSON, or an empty one."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return {}
    try:
        content = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def clean(value: str) -> str:
    """Return the stripped text without control characters, surrogates and credentials."""
    text = value if value.isprintable() else _UNSTORABLE.sub("", value)
    return (_PREAUTHENTICATED.sub(r"\1\2", text) if PREAUTHENTICATED_MARK in text else text).strip()


def _printable(key: str) -> str:
    """Return a printable key, with the index that `Reader.objects` may have appended."""
    name, bracket, index = key.partition("[")
    return printable_key(name) + bracket + printable_key(index)
