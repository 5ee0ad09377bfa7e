"""A log record of OCI Logging, handed on to the topic by Connector Hub.

https://docs.oracle.com/en-us/iaas/Content/Logging/Reference/log_format.htm
https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
"""

from __future__ import annotations

import re

from plugin.model.event import Event, EventType, Severity
from plugin.ons import read
from plugin.ons.identifiers import digest, is_nothing, tenancy
from plugin.ons.kind import cloud_event
from plugin.ons.kind.event_severity import severity_of
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Reader
from plugin.ons.text import describe, label_value, title_with
from plugin.setting.option import Options

CLOUD_EVENTS_KEYS = {"specversion", "id", "source", "type", "data"}  # CloudEvents 1.0, as OCI Logging writes it
MESSAGES = ("message", "msg", "log", "eventName", "action")  # of `data` or one level below it, the most telling first
LEVELS = ("severity", "level", "logLevel", "log_level")
SECRETS = {"credentials", "consoleSessionId", "headers", "identity", "request"}  # never shown
MAX_DETAILS = 20  # of what a record without a message holds
REFUSED = "400"  # HTTP statuses from here on are those of a call that was refused or failed
_DIGITS = re.compile(r"\d+")


def transform(message: Message, options: Options) -> Event:
    """Return the event of a log record: always an ALERT, for nothing says when it would be over.

    The same line again, whatever numbers are in it, has the same key, and so joins the alert that is open.
    """
    phrases = PHRASES[options.language]
    wrapped = isinstance(message.fields.body.get("logContent"), dict)
    record = message.fields.object("logContent") if wrapped else message.fields
    data = record.body.get("data")
    fields = record.object("data") if isinstance(data, dict) else Reader({"message": data} if isinstance(data, str) else {})
    parts = [
        fields,
        *(Reader(value) for key, value in sorted(fields.body.items()) if isinstance(value, dict) and key not in SECRETS),
    ]
    source, log_type = record.text("source"), record.text("type")
    text = _first(parts, MESSAGES)
    oracle = record.object("oracle")
    who, address = cloud_event.actor(fields)
    level = _first([*parts, message.fields], LEVELS)
    title = text.partition("\n")[0] or log_type or phrases.log_record
    return Event(
        event_key=digest(source, log_type, _DIGITS.sub("", text or "\n".join(_details(fields)))),
        event_type=EventType.ALERT,
        title=title_with(f"{phrases.log}: {title}", [] if is_nothing(source) else [source]),
        description=describe(
            phrases,
            [
                text or title,
                label_value(phrases.source, source),
                label_value(phrases.actor, who),
                label_value(phrases.address, address),
            ],
            [
                label_value(f"- {phrases.type}", log_type),
                label_value(f"- {phrases.resource}", fields.text("resourceName")),
                label_value(f"- {phrases.compartment}", fields.text("compartmentName")),
                *([] if text else _details(fields)),
            ],
        ),
        severity=_severity(fields, level, log_type),
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


def _first(parts: list[Reader], keys: tuple[str, ...]) -> str:
    """Return the first text of these fields, in the record's data before what is one level below it."""
    for part in parts:
        for key in keys:
            if text := read.text(part.body, key):
                return text
    return ""


def _details(fields: Reader) -> list[str]:
    """Return a line for each single value of a record that has no message."""
    texts = [(key, read.text(fields.body, key)) for key in sorted(fields.body) if key not in SECRETS]
    return [f"- {read.clean(key)}: {value}" for key, value in texts if value][:MAX_DETAILS]


def _severity(fields: Reader, level: str, log_type: str) -> Severity:
    """Return the severity that the record tells; a call of an API that was refused is a WARNING at least."""
    known = severity_of(levels=(level,), event_type=log_type, states=(), names=(fields.text("eventName"),))
    status = fields.object("response").text("status") if isinstance(fields.body.get("response"), dict) else ""
    refused = len(status) == len(REFUSED) and status.isdecimal() and status >= REFUSED
    return Severity.WARNING if refused and known is Severity.INFO else known


KIND = Kind(
    "log_record",
    fits=lambda body: isinstance(body.get("logContent"), dict) or body.keys() >= CLOUD_EVENTS_KEYS,
    transform=transform,
)
