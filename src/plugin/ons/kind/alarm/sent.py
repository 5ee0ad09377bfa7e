"""An alarm as OCI Monitoring sends it.

Versions 1.0 to 1.5, grouped across metric streams or split by them:
https://docs.oracle.com/en-us/iaas/Content/Monitoring/Tasks/message-format.htm
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, Ignored
from plugin.ons import read, times
from plugin.ons.identifiers import account, digest
from plugin.ons.kind import words
from plugin.ons.kind.alarm import event, streams
from plugin.ons.message import Kind, Message
from plugin.ons.read import Body
from plugin.setting.option import Options

META = ("alarmMetaData", 0)
RESET = "Reset, because the metric stopped, which is no proof of health"


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event of an alarm, or why there is none."""
    body = message.body
    meta = read.mapping(body, *META)
    message_type, status = read.text(body, "type"), read.text(meta, "status", under=META)
    if not message_type and not status:
        raise ERROR_FIELD("type or alarmMetaData[0].status", "text")
    event_type = words.event_type(status, message_type)
    if isinstance(event_type, Ignored):
        return event_type
    query = read.text(meta, "query", under=META)
    metric_streams = streams.sent(body, query)
    occurred_at, note = times.read(body.get("timestamp"), millis=body.get("timestampEpochMillis"))
    namespace = read.text(meta, "namespace", under=META)
    first = metric_streams[0].dimensions if metric_streams else {}
    return event.alarm_event(
        event_key=_event_key(body, meta, query, namespace, first),
        event_type=event_type,
        title=read.text(body, "title"),
        text=read.text(body, "body"),
        severity=read.text(body, "severity") or read.text(meta, "severity", under=META),
        provider=options.provider,
        alarm_id=read.text(meta, "id", under=META),
        summary=read.text(meta, "alarmSummary", under=META),
        url=read.text(meta, "alarmUrl", under=META),
        query=query,
        account=account(body, meta, first),
        closing=RESET if message_type.upper() == "RESET" else "Recovered",
        streams=metric_streams,
        occurred_at=occurred_at,
        info={
            "compartment_id": first.get("compartmentId", ""),
            "namespace": namespace,
            "query": query,
            "status": status,
            "message_type": message_type,
            "topic_id": message.topic_id,
            "message_id": message.message_id,
            "notification_type": read.text(body, "notificationType"),
            "occurred_at": note,
        },
    )


def _event_key(body: Body, meta: Body, query: str, namespace: str, dimensions: Mapping[str, str]) -> str:
    """Return what is the same for an alarm's firing, repeats and recovery."""
    key = read.text(body, "dedupeKey") or read.text(body, "dedupekey") or read.text(meta, "id", under=META)
    identity = [read.text(body, "title"), namespace, query]
    if not key and not any(identity):
        raise ERROR_FIELD("dedupeKey, alarmMetaData[0].id or title", "text")
    if "split" in read.text(body, "notificationType").lower():
        identity += sorted(f"{name}={value}" for name, value in dimensions.items())
    return key or digest(*identity)


def _fits(body: Body) -> bool:
    if isinstance(body.get("alarmMetaData"), list):
        return True
    return ("dedupeKey" in body or "dedupekey" in body) and str(body.get("type")) in words.MESSAGE_TYPES


KIND = Kind("alarm", fits=_fits, transform=transform, closes=True)
