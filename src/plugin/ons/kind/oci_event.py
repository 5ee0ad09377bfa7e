"""Any other event of the OCI Events service.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.model.event import Event, EventType, Ignored, IgnoredReason, Resource, Severity
from plugin.ons import identifiers
from plugin.ons.identifiers import digest
from plugin.ons.kind import catalogue, cloud_event
from plugin.ons.kind.event_name import LEVEL_SUFFIXES, event_name, without_phase
from plugin.ons.kind.event_severity import LEVEL_KEYS, is_failed, severity_of
from plugin.ons.kind.pairs import Facts, Transition, transition_of
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Reader
from plugin.ons.text import describe, label_value, title_with
from plugin.setting.option import OciEvents, Options

SEVERITY_SUFFIX = "severity"  # also of alertSeverity
STATE_SUFFIXES = ("state", "status")  # also of workRequestStatus
PREVIOUS_PREFIXES = ("old", "previous", "prior", "last")  # of the details with a state before this one
SENTENCE_DETAILS = ("description", "message", "lifecycleDetails")  # come first


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event: an ALERT, or the RECOVERY of a known pair."""
    if options.oci_events == OciEvents.IGNORE:
        return Ignored(IgnoredReason.OCI_EVENTS_IGNORED)
    fields = message.fields
    data = fields.object("data")
    phrases = PHRASES[options.language]
    event_type = fields.text("eventType")
    details = cloud_event.details(data, ("severity", "lifecycleState", "eventName"))
    own_name = data.text("eventName") or details.get("eventName", "")
    resource = cloud_event.resource(data, details, event_type)
    state = data.text("lifecycleState") or details.get("lifecycleState", "") or cloud_event.current(data).text("lifecycleState")
    transition = _transition(resource, Facts(event_type.lower().removeprefix(catalogue.PREFIX), own_name, state))
    states = [state, *_states(details)]
    severity = severity_of(
        levels=_levels(fields, data, details),
        event_type=event_type,
        states=states,
        names=(own_name, catalogue.name_of(event_type)),
        is_routine_end=own_name.lower().endswith("end") and not transition,
    )
    refused = cloud_event.is_refused(data)
    level = event_type.lower().rpartition(".")[2]
    begins = transition is not None and not transition.is_over and level not in LEVEL_SUFFIXES
    if (refused or begins) and severity is Severity.INFO:
        severity = Severity.WARNING
    if options.oci_events == OciEvents.TROUBLE and severity is Severity.INFO and not transition:
        return Ignored(IgnoredReason.OCI_EVENTS_IGNORED)
    is_over = transition is not None and transition.is_over
    name = event_name(event_type, own_name)
    if (refused or any(map(is_failed, states))) and level not in LEVEL_SUFFIXES:
        name = f"{without_phase(name)} — {phrases.failed}"
    who, address = cloud_event.actor(data)
    resource_id = resource.resource_id if resource else ""
    key = _key(fields.text("eventID", "eventId"), resource_id, transition.pair if transition else "")
    return Event(
        event_key=key or digest(event_type, resource_id, own_name),
        key_is_hash=not key,
        event_type=EventType.RECOVERY if is_over else EventType.ALERT,
        title=title_with(name, [resource.name] if resource else []),
        description=describe(
            phrases,
            [
                f"{phrases.recovered}: {name}" if is_over else "",
                *(details.get(key, "") for key in SENTENCE_DETAILS),
                cloud_event.refusal(data) if refused else "",
                "" if is_over else f"[{severity.value}] {name}",
            ],
            [
                label_value(phrases.resource, resource.name if resource else ""),
                label_value(f"- {phrases.actor}", who),
                label_value(f"- {phrases.address}", address),
                label_value(f"- {phrases.compartment}", data.text("compartmentName")),
                *(f"- {key}: {value}" for key, value in details.items() if key not in SENTENCE_DETAILS),
            ],
        ),
        severity=severity,
        resource=resource,
        rule=event_type,
        account=cloud_event.tenancy(message),
        occurred_at=fields.time("eventTime"),
        additional_info=cloud_event.info(message, {f"detail_{key}": value for key, value in details.items()}),
    )


def _transition(resource: Resource | None, facts: Facts) -> Transition | None:
    """Return the transition of an event, or None without an OCID, because two resources could share a key."""
    return transition_of(facts) if resource and identifiers.resource_type(resource.resource_id) else None


def _levels(fields: Reader, data: Reader, details: Mapping[str, str]) -> list[str]:
    """Return the severity fields of an event, the best first."""
    return [
        *(place.text(key) for place in (fields, data) for key in LEVEL_KEYS),
        *(details.get(key, "") for key in LEVEL_KEYS),
        *(value for key, value in details.items() if key.lower().endswith(SEVERITY_SUFFIX)),
    ]


def _states(details: Mapping[str, str]) -> list[str]:
    """Return the details that name a state, except a previous one."""
    lower = {key.lower(): value for key, value in details.items()}
    return [value for key, value in lower.items() if key.endswith(STATE_SUFFIXES) and not key.startswith(PREVIOUS_PREFIXES)]


def _key(event_id: str, resource_id: str, pair: str) -> str:
    """Return the key: resource and pair, so that both events of a pair share it; else the event's id."""
    return f"{identifiers.lower(resource_id)}/{pair}" if pair else event_id


KIND = Kind(
    "oci_event",
    fits=lambda body: bool(cloud_event.event_type(body)) and "cloudEventsVersion" in body,
    transform=transform,
    closes=True,
)
