"""A Cloud Guard problem: one alert a problem, closed when it is remediated, dismissed or resolved.

https://docs.oracle.com/en-us/iaas/cloud-guard/using/notifications-config.htm
"""

from __future__ import annotations

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, EventType, Resource, Severity
from plugin.ons import identifiers
from plugin.ons.kind import catalogue, cloud_event
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.text import describe, label_value, title_with
from plugin.setting.option import Options

TYPE_PREFIX = catalogue.PREFIX + "cloudguard."
EVENT_TYPES = {  # any other: by the problem's status
    "problemdetected": EventType.ALERT,
    "problemdismissed": EventType.RECOVERY,
    "problemremediated": EventType.RECOVERY,
}
CLOSED_STATUSES = {"RESOLVED", "DISMISSED"}  # any other means open: an unknown state must not hide a problem
CLOSINGS = {"problemdismissed": "dismissed", "problemremediated": "remediated"}  # event type -> phrase
RISK_LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.ERROR,
    "MEDIUM": Severity.WARNING,
    "LOW": Severity.INFO,
    "MINOR": Severity.INFO,
}
LINES = {  # of the description: field of additionalDetails -> phrase
    "problemName": "problem",
    "riskLevel": "risk_level",
    "resourceType": "resource_type",
    "impactedResourceType": "impacted_resource_type",
    "region": "region",
    "firstDetected": "first_detected",
    "lastDetected": "last_detected",
    "reason": "reason",
}
PROBLEM_DETAILS = "problemAdditionalDetails"  # specific to a problem, shown under their own names
INFO = (  # of additional_info: fields of additionalDetails, which the event writes as `problem_name` …
    "problemName", "problemType", "riskLevel", "status", "reason", "resourceType", "region", "impactedResourceName",
    "impactedResourceId", "impactedResourceType", "targetId", "labels", "firstDetected", "lastDetected",
)  # fmt: skip
RECOMMENDATION = "problemRecommendation"


def transform(message: Message, options: Options) -> Event:
    """Return the event of a problem; raise ERROR_FIELD if the problem's OCID cannot be read."""
    fields = message.fields
    data = fields.object("data")
    problem_id = data.text("resourceId")
    if not problem_id:
        raise ERROR_FIELD("data.resourceId", "text")
    phrases = PHRASES[options.language]
    details = cloud_event.details(data, {*LINES, *INFO, RECOMMENDATION, "resourceName"})
    change = cloud_event.event_type(fields.body).removeprefix(TYPE_PREFIX)
    closed = details.get("status", "").upper() in CLOSED_STATUSES
    event_type = EVENT_TYPES.get(change) or (EventType.RECOVERY if closed else EventType.ALERT)
    problem = data.text("resourceName") or details.get("problemName", "") or phrases.problem
    resource_id = details.get("resourceId", "")
    resource = Resource(identifiers.lower(resource_id), identifiers.first_named(details, ("resourceName", "resourceId")))
    impacted = identifiers.first_named(details, ("impactedResourceName", "impactedResourceId"))
    closing = getattr(phrases, CLOSINGS.get(change, "closed")) if event_type is EventType.RECOVERY else ""
    title = title_with(problem, [impacted or resource.name] if impacted or resource.name else [])
    return Event(
        event_key=problem_id,
        event_type=event_type,
        title=title,
        description=describe(
            phrases,
            [
                f"{closing}: {title}" if closing else "",
                details.get("problemDescription", "") or problem,
                label_value(phrases.resource, ", ".join(dict.fromkeys(filter(None, (impacted, resource.name))))),
                label_value(phrases.recommendation, details.get(RECOMMENDATION, "")),
            ],
            [
                *(label_value(f"- {getattr(phrases, phrase)}", details.get(key, "")) for key, phrase in LINES.items()),
                *(f"- {_own_name(key)}: {value}" for key, value in details.items() if key.startswith(PROBLEM_DETAILS)),
            ],
            [label_value(phrases.compartment, data.text("compartmentName"))],
        ),
        severity=RISK_LEVELS.get(details.get("riskLevel", "").upper(), Severity.INFO),
        resource=resource if resource.name else None,
        rule=details.get("problemName", ""),
        account=cloud_event.tenancy(message),
        occurred_at=fields.time("eventTime"),
        additional_info=cloud_event.info(
            message,
            {
                "problem_id": problem_id,
                "resource_id": identifiers.lower(resource_id),
                "recommendation": details.get(RECOMMENDATION, ""),
                **{key: details.get(key, "") for key in INFO},
            },
        ),
    )


def _own_name(key: str) -> str:
    return key.removeprefix(f"{PROBLEM_DETAILS}.")


KIND = Kind(
    "cloud_guard",
    fits=lambda body: cloud_event.event_type(body).startswith(TYPE_PREFIX + "problem"),
    transform=transform,
    closes=True,
)
