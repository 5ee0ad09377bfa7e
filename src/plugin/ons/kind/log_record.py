"""A log record of OCI Logging, handed on to the topic by Connector Hub.

https://docs.oracle.com/en-us/iaas/Content/Logging/Reference/log_format.htm
"""

from __future__ import annotations

import json

from plugin.model.event import Event, EventType
from plugin.ons import read, times
from plugin.ons.identifiers import account, digest
from plugin.ons.kind import words
from plugin.ons.message import Kind, Message
from plugin.ons.text import described, titled
from plugin.setting.option import Options

CLOUD_EVENTS_KEYS = {"specversion", "id", "source", "type", "data"}  # CloudEvents 1.0, as OCI Logging writes it
MESSAGES = ("message", "msg", "eventName", "action")  # of `data`, the most telling first


def transform(message: Message, options: Options) -> Event:
    """Return the event of a log record: always an ALERT, for nothing says when it would be over."""
    record = read.mapping(message.body, "logContent") or message.body
    data = record.get("data")
    fields = data if isinstance(data, dict) else {}
    source, kind = read.text(record, "source"), read.text(record, "type")
    text = next(filter(None, (read.text(fields, key) for key in MESSAGES)), "") or _compact(data) or kind or "Log record"
    oracle = {key: read.text(record, "oracle", key) for key in ("tenantid", "compartmentid", "logid", "loggroupid")}
    occurred_at, note = times.read(record.get("time"))
    level = read.text(fields, "severity") or read.text(fields, "level") or read.text(message.body, "severity")
    return Event(
        event_key=read.text(record, "id") or digest(source, kind, text),
        event_type=EventType.ALERT,
        title=titled(f"Log: {text.partition(chr(10))[0]}", [source] if source else []),
        description=described([text], [f"- {name}: {value}" for name, value in (("source", source), ("type", kind)) if value]),
        severity=words.severity(level),
        provider=options.provider,
        rule=kind,
        account=account({"tenancyId": oracle["tenantid"], "compartmentId": oracle["compartmentid"]}),
        occurred_at=occurred_at,
        additional_info={
            "compartment_id": oracle["compartmentid"],
            "log_id": oracle["logid"],
            "log_group_id": oracle["loggroupid"],
            "source": source,
            "subject": read.text(record, "subject"),
            "log_type": kind,
            "level": level,
            "topic_id": message.topic_id,
            "message_id": message.message_id,
            "occurred_at": note,
        },
    )


def _compact(data: object) -> str:
    """Return what a record holds, text or one line of JSON, for want of a message."""
    if isinstance(data, str):
        return read.clean(data)
    return read.clean(json.dumps(data, ensure_ascii=False, sort_keys=True)) if data else ""


KIND = Kind(
    "log_record",
    fits=lambda body: isinstance(body.get("logContent"), dict) or body.keys() >= CLOUD_EVENTS_KEYS,
    transform=transform,
)
