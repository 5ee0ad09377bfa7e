"""Any other event of the OCI Events service: something was created, stopped, backed up …

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

from plugin.model.event import Event, EventType, Reason, Silent
from plugin.ons import cloud_event, instant, read, state
from plugin.ons.event_name import event_name
from plugin.ons.identity import digest
from plugin.ons.message import Message
from plugin.ons.wording import described, titled
from plugin.option import Options


def transform(message: Message, options: Options) -> Event | Silent:
    """Return the event: always an ALERT, for nothing says when it would be over."""
    if options.oci_events == "ignore":
        return Silent(Reason.OCI_EVENTS_IGNORED)
    body = message.body
    event_type = read.text(body, "eventType")
    details = cloud_event.details(body)
    resource = cloud_event.resource(body)
    name = event_name(event_type, read.text(body, "data", "eventName"))
    occurred_at, note = instant.read(body.get("eventTime"))
    place = read.text(body, "data", "compartmentName")
    severity = read.text(body, "severity") or read.text(body, "data", "severity") or details.get("severity", "")
    return Event(
        event_key=read.text(body, "eventID") or digest(event_type, resource.resource_id if resource else "", name),
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
        severity=state.severity(severity),
        provider=options.provider,
        resource=resource,
        rule=event_type,
        account=cloud_event.owner(body, details),
        occurred_at=occurred_at,
        additional_info=cloud_event.info(
            message, {"occurred_at": note, **{f"detail_{key}": value for key, value in details.items()}}
        ),
    )
