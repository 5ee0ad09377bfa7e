"""Any other event of the OCI Events service: something was created, stopped, backed up …

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

from plugin.model.event import Event, EventType, Ignored, IgnoredReason
from plugin.ons import read, times
from plugin.ons.identifiers import digest
from plugin.ons.kind import cloud_event, words
from plugin.ons.kind.event_name import event_name
from plugin.ons.message import Kind, Message
from plugin.ons.text import described, titled
from plugin.setting.option import Options


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event: always an ALERT, for nothing says when it would be over."""
    if options.oci_events == "ignore":
        return Ignored(IgnoredReason.OCI_EVENTS_IGNORED)
    body = message.body
    event_type = read.text(body, "eventType")
    details = cloud_event.details(body)
    resource = cloud_event.resource(body)
    own_name = read.text(body, "data", "eventName")
    name = event_name(event_type, own_name)
    occurred_at, note = times.read(body.get("eventTime"))
    place = read.text(body, "data", "compartmentName")
    severity = read.text(body, "severity") or read.text(body, "data", "severity") or details.get("severity", "")
    return Event(
        event_key=read.text(body, "eventID") or digest(event_type, resource.resource_id if resource else "", own_name),
        event_type=EventType.ALERT,
        title=titled(name, [resource.name] if resource else [], form=" — {}"),
        description=described(
            [name],
            [
                f"- resource: {resource.name}" if resource else "",
                f"- compartment: {place}" if place else "",
                *(f"- {key}: {value}" for key, value in details.items() if value),
            ],
        ),
        severity=words.severity(severity),
        provider=options.provider,
        resource=resource,
        rule=event_type,
        account=cloud_event.owner(body, details),
        occurred_at=occurred_at,
        additional_info=cloud_event.info(
            message, {"occurred_at": note, **{f"detail_{key}": value for key, value in details.items()}}
        ),
    )


KIND = Kind(
    "oci_event",
    fits=lambda body: bool(cloud_event.event_type(body)) and "cloudEventsVersion" in body,
    transform=transform,
)
