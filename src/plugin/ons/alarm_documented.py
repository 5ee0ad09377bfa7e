"""An alarm in the shape of the integration's specification: `alarmId`, `status`, `metricData`."""

from __future__ import annotations

import re

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, Silent
from plugin.ons import alarm, instant, read, state, stream
from plugin.ons.account import account
from plugin.ons.message import Message
from plugin.option import Options

# The envelope's subject holds the alarm's name and its state; an alert keeps its first title, so the state goes.
SUBJECT = re.compile(r"^Alarm: (.+) is in [A-Z_]+ state$")


def transform(message: Message, options: Options) -> Event | Silent:
    """Return the event of an alarm, or why there is none."""
    body = message.body
    alarm_id, status = read.text(body, "alarmId"), read.text(body, "status")
    for path, value in (("alarmId", alarm_id), ("status", status)):
        if not value:
            raise ERROR_FIELD(path, "text")
    event_type = state.event_type(status)
    if isinstance(event_type, Silent):
        return event_type
    occurred_at, note = instant.read(message.sent_at, body.get("timestamp"))
    query = read.text(body, "query")
    return alarm.event(
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
        streams=stream.documented(body),
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
