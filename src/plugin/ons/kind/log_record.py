"""A log record of OCI Logging, handed on to the topic by Connector Hub.

https://docs.oracle.com/en-us/iaas/Content/Logging/Reference/log_format.htm
https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from plugin.model.event import Event, EventType, Severity
from plugin.ons import read
from plugin.ons.identifiers import digest, is_nothing, tenancy
from plugin.ons.kind import cloud_event, vocabulary
from plugin.ons.kind.event_severity import severity_of
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Body, Reader
from plugin.ons.text import describe, label_value, title_with
from plugin.setting.option import Options

CLOUD_EVENTS_KEYS = {"specversion", "id", "source", "type", "data"}  # CloudEvents 1.0, as OCI Logging writes it
# Fields of a record's data, the most telling first. Each logger spells them in its own way (logLevel, log.level, Level), so
# they are compared in small letters without punctuation.
MESSAGES = ("message", "msg", "log", "text", "body", "errormessage", "error")
NAMES = ("eventname", "action")  # what was done, where no message says more
LEVELS = ("severity", "level", "loglevel", "severitytext", "levelname", "lvl", "priority")
PLACES = ("podname", "containername", "namespacename", "hostname")  # where it happened, shown beside a message
SECRETS = {  # never shown
    "authorization", "consolesessionid", "cookie", "credentials", "headers", "identity", "password", "request", "secret", "token",
}  # fmt: skip
MAX_DEPTH = 3  # of the objects of a record, the text of an object being one
MAX_OBJECTS = 20  # on each of these levels
MAX_DETAILS = 20  # of what a record without a message holds
MAX_PREFIX = 80  # characters of a text in which its level may stand
_DIGITS = re.compile(r"\d+")
_LEVEL_IN_TEXT = re.compile(r"\b(?:CRITICAL|FATAL|EMERG|PANIC|SEVERE|ERROR|WARN|WARNING)\b")
_PUNCTUATION = str.maketrans("", "", "_-. ")


def transform(message: Message, options: Options) -> Event:
    """Return the event of a log record: always an ALERT, for nothing says when it would be over.

    The same line again, whatever numbers are in it, has the same key, and so joins the alert that is open.
    """
    phrases = PHRASES[options.language]
    wrapped = isinstance(message.fields.body.get("logContent"), dict)
    record = message.fields.object("logContent") if wrapped else message.fields
    data = record.body.get("data")
    fields = record.object("data") if isinstance(data, dict) else Reader({"message": data} if isinstance(data, str) else {})
    objects = _objects(fields.body)
    source, log_type = record.text("source"), record.text("type")
    source = "" if is_nothing(source) else source
    text, name = _text(objects), _first(objects[:1], NAMES)
    oracle = record.object("oracle")
    who, address = cloud_event.actor(fields)
    shown = fields.text("resourceName"), fields.text("compartmentName")
    level = _first([*objects, message.fields.body], LEVELS)
    details = _places(objects) if text else _details(objects[0], known=(name, *shown))
    title = text.partition("\n")[0] or name or log_type or phrases.log_record
    return Event(
        event_key=digest(source, log_type, _DIGITS.sub("", text or name or "\n".join(details))),
        event_type=EventType.ALERT,
        title=title_with(f"{phrases.log}: {title}", [source] if source else []),
        description=describe(
            phrases,
            [text or title],
            [
                label_value(phrases.source, source),
                label_value(phrases.actor, who),
                label_value(phrases.address, address),
                label_value(f"- {phrases.type}", log_type),
                label_value(f"- {phrases.resource}", shown[0]),
                label_value(f"- {phrases.compartment}", shown[1]),
                *details,
            ],
        ),
        severity=_severity(fields, level, log_type, text),
        rule=log_type,
        account=tenancy({"tenancyId": oracle.text("tenantid")}),
        occurred_at=record.time("time"),
        additional_info={
            "compartment_id": oracle.text("compartmentid"),
            "log_id": oracle.text("logid"),
            "log_group_id": oracle.text("loggroupid"),
            "record_id": record.text("id"),
            "source": source,
            "subject": record.text("subject"),
            "log_type": log_type,
            "level": level,
            "principal": who,
            "source_address": address,
        },
    )


def _objects(data: Body) -> list[Body]:
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


def _text(objects: Sequence[Body]) -> str:
    """Return the message of a record; one that stands deeper is put behind the name of what was done."""
    if own := _first(objects[:1], MESSAGES):
        return own
    further = _first(objects[1:], MESSAGES)
    return ": ".join(filter(None, (_first(objects[:1], NAMES), further))) if further else ""


def _first(objects: Sequence[Body], keys: tuple[str, ...]) -> str:
    """Return the first text of these fields, in a record's data before what is below it."""
    for body in objects:
        by_spelling = {_spell(key): body[key] for key in sorted(body)}
        for key in keys:
            if text := read.text(by_spelling, key):
                return text
    return ""


def _places(objects: Sequence[Body]) -> list[str]:
    """Return a line for each dimension of the place where a message was written."""
    found = {_spell(key): (key, read.text(body, key)) for body in objects for key in sorted(body) if _spell(key) in PLACES}
    return [f"- {read.clean(key)}: {value}" for key, value in (found[place] for place in PLACES if place in found) if value]


def _details(data: Body, known: Collection[str]) -> list[str]:
    """Return a line for each value of a record that has no message, without those that are known already."""
    lines = []
    for key in sorted(data):
        value = data[key]
        inner = {f"{key}.{name}": value[name] for name in sorted(value)} if isinstance(value, dict) else {key: value}
        shown = {name: read.nested_text(each, 1) for name, each in inner.items() if not _is_secret(key) and not _is_secret(name)}
        lines += [f"- {read.clean(name)}: {text}" for name, text in shown.items() if text and text not in known]
    return lines[:MAX_DETAILS]


def _is_secret(key: str) -> bool:
    return _spell(key.rpartition(".")[2]) in SECRETS


def _spell(key: str) -> str:
    return key.translate(_PUNCTUATION).lower()


def _severity(fields: Reader, level: str, log_type: str, text: str) -> Severity:
    """Return the severity that the record tells; a call of an API that was refused is a WARNING at least."""
    known = severity_of(levels=(level,), event_type=log_type, states=(), names=(fields.text("eventName"),))
    if known is Severity.INFO and not vocabulary.severity(level) and (in_text := _LEVEL_IN_TEXT.search(text[:MAX_PREFIX])):
        known = vocabulary.severity(in_text[0]) or known
    return Severity.WARNING if known is Severity.INFO and cloud_event.is_refused(fields) else known


KIND = Kind(
    "log_record",
    fits=lambda body: isinstance(body.get("logContent"), dict) or body.keys() >= CLOUD_EVENTS_KEYS,
    transform=transform,
)
