"""Any other event of the OCI Events service: something was created, stopped, backed up, has failed …

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

from plugin.model.event import Event, EventType, Ignored, IgnoredReason, Severity
from plugin.ons import identifiers
from plugin.ons.identifiers import digest
from plugin.ons.kind import catalogue, cloud_event
from plugin.ons.kind.event_name import LEVELS, event_name, without_phase
from plugin.ons.kind.event_severity import severity_of
from plugin.ons.kind.pairs import Facts, side_of
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.text import described, labelled, titled
from plugin.setting.option import OciEvents, Options

LEVEL_KEYS = ("severity", "level")
TELLING = ("description", "message", "lifecycleDetails")  # details that are sentences, and come first


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event: an ALERT, or of a known pair a RECOVERY of what it opened."""
    if options.oci_events == OciEvents.IGNORE:
        return Ignored(IgnoredReason.OCI_EVENTS_IGNORED)
    fields = message.fields
    data = fields.object("data")
    phrases = PHRASES[options.language]
    event_type, own_name = fields.text("eventType"), data.text("eventName")
    details = cloud_event.details(data, ("severity", "lifecycleState", "eventName"))
    own_name = own_name or details.get("eventName", "")
    states = (data.text("lifecycleState"), details.get("lifecycleState", ""))
    resource = cloud_event.resource(data, details, event_type)
    side = side_of(
        Facts(event_type.lower().removeprefix(catalogue.PREFIX), own_name, next(filter(None, states), ""))
        if resource and identifiers.resource_type(resource.resource_id)
        else Facts("", "", "")
    )
    levels = (
        *(place.text(key) for place in (fields, data) for key in LEVEL_KEYS),
        *(details.get(key, "") for key in LEVEL_KEYS),
    )
    severity = severity_of(levels=levels, event_type=event_type, states=states, names=(own_name, catalogue.name_of(event_type)))
    if options.oci_events == OciEvents.TROUBLE and severity is Severity.INFO and not side:
        return Ignored(IgnoredReason.OCI_EVENTS_IGNORED)
    is_over = side is not None and side.is_over
    name = event_name(event_type, own_name)
    failed = "FAILED" in [state.upper() for state in states]
    if failed and event_type.lower().rpartition(".")[2] not in LEVELS:
        name = f"{without_phase(name)} — {phrases.failed}"
    who, address = cloud_event.actor(data)
    return Event(
        event_key=_key(fields.text("eventID"), resource.resource_id if resource else "", side.pair if side else "")
        or digest(event_type, resource.resource_id if resource else "", own_name),
        event_type=EventType.RECOVERY if is_over else EventType.ALERT,
        title=titled(name, [resource.name] if resource else []),
        description=described(
            phrases,
            [
                f"{phrases.recovered}: {name}" if is_over else "",
                *(details.get(key, "") for key in TELLING),
                "" if is_over else f"[{severity.value}] {name}",
                labelled(phrases.resource, resource.name if resource else ""),
            ],
            [
                labelled(f"- {phrases.actor}", who),
                labelled(f"- {phrases.address}", address),
                labelled(f"- {phrases.compartment}", data.text("compartmentName")),
                *(f"- {key}: {value}" for key, value in details.items() if key not in TELLING),
            ],
        ),
        severity=severity,
        resource=resource,
        rule=event_type,
        account=cloud_event.tenancy(message),
        occurred_at=fields.time("eventTime"),
        additional_info=cloud_event.info(message, {f"detail_{key}": value for key, value in details.items()}),
    )


def _key(event_id: str, resource_id: str, pair: str) -> str:
    """Return the key: of a pair its resource and itself, so that both sides have one and two resources never meet."""
    return f"{identifiers.lower(resource_id)}/{pair}" if pair else event_id


KIND = Kind(
    "oci_event",
    fits=lambda body: bool(cloud_event.event_type(body)) and "cloudEventsVersion" in body,
    transform=transform,
    closes=True,
)
