"""An alarm in the shape of the integration's specification: `alarmId`, `status`, `metricData`."""

from __future__ import annotations

import re

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, Ignored
from plugin.ons import read, times
from plugin.ons.identifiers import account
from plugin.ons.kind import words
from plugin.ons.kind.alarm import event, streams
from plugin.ons.message import Kind, Message
from plugin.setting.option import Options

# The envelope's subject holds the alarm's name and its state; an alert keeps its first title, so the state goes.
SUBJECT = re.compile(r"^Alarm: (.+) is in [A-Z_]+ state$")


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event of an alarm, or why there is none."""
    body = message.body
    alarm_id, status = read.text(body, "alarmId"), read.text(body, "status")
    for path, value in (("alarmId", alarm_id), ("status", status)):
        if not value:
            raise ERROR_FIELD(path, "text")
    event_type = words.event_type(status)
    if isinstance(event_type, Ignored):
        return event_type
    occurred_at, note = times.read(message.sent_at, body.get("timestamp"))
    query = read.text(body, "query")
    return event.alarm_event(
        event_key=alarm_id,
        event_type=event_type,
        title=read.text(body, "displayName") or SUBJECT.sub(r"\1", message.subject),
        text=read.text(body, "message") or read.text(body, "body"),
        severity=read.text(body, "severity"),
        provider=options.provider,
        alarm_id=alarm_id,
        url=read.text(body, "alarmUrl"),
        query=query,
        account=account(body),
        streams=streams.specified(body),
        occurred_at=occurred_at,
        info={
            "compartment_id": read.text(body, "compartmentId"),
            "namespace": read.text(body, "namespace"),
            "query": query,
            "status": status,
            "topic_id": message.topic_id,
            "message_id": message.message_id,
            "occurred_at": note,
        },
    )


KIND = Kind(
    "alarm_specification",
    fits=lambda body: "alarmId" in body and "status" in body,
    transform=transform,
    closes=True,
)
