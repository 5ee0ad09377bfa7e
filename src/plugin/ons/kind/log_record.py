"""A log record of OCI Logging, forwarded to the topic by Connector Hub.

https://docs.oracle.com/en-us/iaas/Content/Logging/Reference/log_format.htm
https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
"""

from __future__ import annotations

import re

from plugin.model.event import Event, EventType, Severity
from plugin.ons.identifiers import digest, is_placeholder, tenancy
from plugin.ons.kind import cloud_event, log_fields, vocabulary
from plugin.ons.kind.event_severity import severity_of
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Reader
from plugin.ons.text import describe, label_value, title_with
from plugin.setting.option import Options

CLOUD_EVENTS_KEYS = {"specversion", "id", "source", "type", "data"}  # CloudEvents 1.0, as OCI Logging writes it
MAX_PREFIX = 80  # characters of a text that are searched for a level
_DIGITS = re.compile(r"\d+")
_LEVEL_IN_TEXT = re.compile(r"\b(?:CRITICAL|FATAL|EMERG|PANIC|SEVERE|ERROR|WARN|WARNING)\b")


def transform(message: Message, options: Options) -> Event:
    """Return the event of a log record: always an ALERT, because log records have no recovery.

    Lines that differ only in digits have the same key, and join the open alert.
    """
    phrases = PHRASES[options.language]
    wrapped = isinstance(message.fields.body.get("logContent"), dict)
    record = message.fields.object("logContent") if wrapped else message.fields
    data = record.body.get("data")
    fields = record.object("data") if isinstance(data, dict) else Reader({"message": data} if isinstance(data, str) else {})
    objects = log_fields.objects_of(fields.body)
    source, log_type = record.text("source"), record.text("type")
    source = "" if is_placeholder(source) else source
    text, name = log_fields.message_of(objects), log_fields.first(objects[:1], log_fields.ACTION_FIELDS)
    oracle = record.object("oracle")
    who, address = cloud_event.actor(fields)
    shown = fields.text("resourceName"), fields.text("compartmentName")
    level = log_fields.first([*objects, message.fields.body], log_fields.LEVEL_FIELDS)
    details = log_fields.location_lines(objects) if text else log_fields.detail_lines(objects[0], known=(name, *shown))
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


def _severity(fields: Reader, level: str, log_type: str, text: str) -> Severity:
    """Return the severity of the record; a refused API call is at least a WARNING."""
    known = severity_of(levels=(level,), event_type=log_type, states=(), names=(fields.text("eventName"),))
    if known is Severity.INFO and not vocabulary.severity(level) and (in_text := _LEVEL_IN_TEXT.search(text[:MAX_PREFIX])):
        known = vocabulary.severity(in_text[0]) or known
    return Severity.WARNING if known is Severity.INFO and cloud_event.is_refused(fields) else known


KIND = Kind(
    "log_record",
    fits=lambda body: isinstance(body.get("logContent"), dict) or body.keys() >= CLOUD_EVENTS_KEYS,
    transform=transform,
)
