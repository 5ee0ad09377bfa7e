"""An alarm as OCI Monitoring sends it.

Versions 1.0 to 1.5, grouped across metric streams or split by them:
https://docs.oracle.com/en-us/iaas/Content/Monitoring/Tasks/message-format.htm
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, Ignored
from plugin.ons.identifiers import digest, tenancy
from plugin.ons.kind import vocabulary
from plugin.ons.kind.alarm import streams
from plugin.ons.kind.alarm.event import Alarm, alarm_event
from plugin.ons.message import Kind, Message
from plugin.ons.read import Body, Reader
from plugin.setting.option import Options

TYPES = {*vocabulary.MESSAGE_TYPES, vocabulary.RULE_CHANGE}  # identify a message without alarmMetaData
MAX_ALARMS = 5  # of a message: their summaries, rules and links are shown


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event of an alarm, or Ignored; raise ERROR_FIELD without a type and a status, or without a key."""
    fields = message.fields
    metas = [meta for meta in fields.objects("alarmMetaData") if meta.body] or [Reader({})]
    meta = metas[0]
    message_type, status = fields.text("type"), meta.text("status")
    if not message_type and not status:
        raise ERROR_FIELD("type or alarmMetaData[0].status", "text")
    event_type = vocabulary.event_type(status, message_type)
    if isinstance(event_type, Ignored):
        return event_type
    query, namespace, alarm_id = meta.text("query"), meta.text("namespace"), meta.text("id")
    metric_streams = streams.from_metadata(metas)
    first = metric_streams[0].dimensions if metric_streams else {}
    key = fields.text("dedupeKey", "dedupekey") or alarm_id
    alarm = Alarm(
        key=key or _derive_key(fields, namespace, query, first),
        key_is_hash=not key,
        event_type=event_type,
        title=fields.text("title"),
        text=fields.text("body"),
        severity=fields.text("severity") or meta.text("severity"),
        alarm_id=alarm_id,
        summaries=[each.text("alarmSummary") for each in metas[:MAX_ALARMS]],
        rules=[each.text("query") for each in metas[1:MAX_ALARMS]],
        url=meta.text("alarmUrl"),
        links=[each.text("alarmUrl") for each in metas[1:MAX_ALARMS]],
        query=query,
        account=tenancy(fields.body, meta.body, first),
        reset=message_type.upper() == "RESET",
        streams=metric_streams,
        occurred_at=fields.time("timestamp", millis="timestampEpochMillis"),
        info={
            "compartment_id": first.get("compartmentId", ""),
            "namespace": namespace,
            "query": query,
            "status": status,
            "message_type": message_type,
            "notification_type": fields.text("notificationType"),
        },
    )
    return alarm_event(alarm, options)


def _derive_key(fields: Reader, namespace: str, query: str, dimensions: Mapping[str, str]) -> str:
    """Return a hash of what an alarm's firing, repeats and recovery have in common."""
    identity = [fields.text("title"), namespace, query]
    if not any(identity):
        raise ERROR_FIELD("dedupeKey, alarmMetaData[0].id or title", "text")
    if "split" in fields.text("notificationType").lower():
        identity += [f"{name}={value}" for name, value in dimensions.items()]
    return digest(*identity)


def _fits(body: Body) -> bool:
    if isinstance(body.get("alarmMetaData"), (list, dict)):
        return True
    return ("dedupeKey" in body or "dedupekey" in body) and str(body.get("type")).upper() in TYPES


KIND = Kind("alarm", fits=_fits, transform=transform, closes=True, escalates=True)
