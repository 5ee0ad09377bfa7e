"""An alarm in the format of the integration specification: `alarmId`, `status`, `metricData`."""

from __future__ import annotations

import re

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, Ignored
from plugin.ons import times
from plugin.ons.identifiers import resource_type, tenancy
from plugin.ons.kind import vocabulary
from plugin.ons.kind.alarm import streams
from plugin.ons.kind.alarm.event import Alarm, alarm_event
from plugin.ons.message import Kind, Message
from plugin.setting.option import Options

# The envelope's subject has the alarm's name and state. The state is removed, because an alert keeps its first title.
SUBJECT = re.compile(r"^Alarm: (.+) is in [A-Z_]+ state\Z")


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event of an alarm, or Ignored; raise ERROR_FIELD if alarmId or status cannot be read."""
    fields = message.fields
    alarm_id, status = fields.text("alarmId"), fields.text("status")
    for path, value in (("alarmId", alarm_id), ("status", status)):
        if not value:
            raise ERROR_FIELD(path, "text")
    event_type = vocabulary.event_type(status)
    if isinstance(event_type, Ignored):
        return event_type
    query = fields.text("query")
    alarm = Alarm(
        key=alarm_id,
        key_is_hash=not resource_type(alarm_id),  # another tenant may use the same name
        event_type=event_type,
        title=fields.text("displayName") or SUBJECT.sub(r"\1", message.subject),
        text=fields.text("message", "body"),
        severity=fields.text("severity"),
        alarm_id=alarm_id,
        url=fields.text("alarmUrl"),
        query=query,
        account=tenancy(fields.body),
        streams=streams.from_metric_data(fields),
        occurred_at=times.from_text(message.sent_at) or fields.time("timestamp"),
        info={
            "compartment_id": fields.text("compartmentId"),
            "namespace": fields.text("namespace"),
            "query": query,
            "status": status,
        },
    )
    return alarm_event(alarm, options)


KIND = Kind("alarm_specification", fits=lambda body: "alarmId" in body and "status" in body, transform=transform, closes=True)
