"""Any other event of the OCI Events service: something was created, stopped, backed up …

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

from plugin.model.event import Event, EventType, Ignored, IgnoredReason, Severity
from plugin.ons.identifiers import digest
from plugin.ons.kind import cloud_event, words
from plugin.ons.kind.event_name import event_name
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Reader
from plugin.ons.text import described, labelled, titled
from plugin.setting.option import Options

SEVERITIES = {  # by the last word of an event type, as the events of the Database service have it
    "critical": Severity.CRITICAL,
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "information": Severity.INFO,
}


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event: always an ALERT, for nothing says when it would be over."""
    if options.oci_events == "ignore":
        return Ignored(IgnoredReason.OCI_EVENTS_IGNORED)
    fields = message.fields
    data = fields.object("data")
    phrases = PHRASES[options.language]
    event_type, own_name = fields.text("eventType"), data.text("eventName")
    details = cloud_event.details(data, ("severity", "lifecycleState"))
    resource = cloud_event.resource(data)
    name = event_name(event_type, own_name)
    who, address = cloud_event.actor(data)
    return Event(
        event_key=fields.text("eventID") or digest(event_type, resource.resource_id if resource else "", own_name),
        event_type=EventType.ALERT,
        title=titled(name, [resource.name] if resource else [], form=" — {}"),
        description=described(
            phrases,
            [name],
            [
                labelled(f"- {phrases.resource}", resource.name if resource else ""),
                labelled(f"- {phrases.actor}", who),
                labelled(f"- {phrases.address}", address),
                labelled(f"- {phrases.compartment}", data.text("compartmentName")),
                *(f"- {key}: {value}" for key, value in details.items()),
            ],
        ),
        severity=_severity(fields, data, details, f"{event_type} {own_name}"),
        resource=resource,
        rule=event_type,
        account=cloud_event.tenancy(message),
        occurred_at=fields.time("eventTime"),
        additional_info=cloud_event.info(message, {**{f"detail_{key}": value for key, value in details.items()}}),
    )


def _severity(fields: Reader, data: Reader, details: dict[str, str], names: str) -> Severity:
    """Return the severity of a field, else of the event type's last word, else ERROR for what failed, else INFO."""
    if word := fields.text("severity") or data.text("severity") or details.get("severity", ""):
        return words.severity(word)
    last_word = names.partition(" ")[0].rpartition(".")[2].lower()
    if last_word in SEVERITIES:
        return SEVERITIES[last_word]
    states = (data.text("lifecycleState"), details.get("lifecycleState", ""))
    failed = "FAILED" in [state.upper() for state in states] or "failed" in names.lower()
    return Severity.ERROR if failed else Severity.INFO


KIND = Kind(
    "oci_event",
    fits=lambda body: bool(cloud_event.event_type(body)) and "cloudEventsVersion" in body,
    transform=transform,
)
