"""A Cloud Guard problem: one alert a problem, closed when it is remediated or dismissed.

https://docs.oracle.com/en-us/iaas/cloud-guard/using/notifications-config.htm
"""

from __future__ import annotations

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, EventType, Resource, Severity
from plugin.ons import read, times
from plugin.ons.kind import cloud_event
from plugin.ons.message import Kind, Message
from plugin.ons.text import described, titled
from plugin.setting.option import Options

PREFIX = "com.oraclecloud.cloudguard."
EVENT_TYPES = {  # any other: by the problem's status
    "problemdetected": EventType.ALERT,
    "problemdismissed": EventType.RECOVERY,
    "problemremediated": EventType.RECOVERY,
}
CLOSINGS = {"problemdismissed": "Dismissed", "problemremediated": "Remediated"}
RISK_LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.ERROR,
    "MEDIUM": Severity.WARNING,
    "LOW": Severity.INFO,
    "MINOR": Severity.INFO,
}
LINES = {  # of the description: field of additionalDetails -> how it is told
    "problemName": "Problem",
    "riskLevel": "Risk level",
    "resourceName": "Resource",
    "resourceType": "Resource type",
    "region": "Region",
    "firstDetected": "First detected",
    "lastDetected": "Last detected",
    "reason": "Reason",
}


def transform(message: Message, options: Options) -> Event:
    """Return the event of a problem."""
    body = message.body
    problem_id = read.text(body, "data", "resourceId")
    if not problem_id:
        raise ERROR_FIELD("data.resourceId", "text")
    details = cloud_event.details(body)
    what = read.text(body, "eventType").removeprefix(PREFIX)
    event_type = EVENT_TYPES.get(what) or (EventType.ALERT if details.get("status") == "OPEN" else EventType.RECOVERY)
    problem = read.text(body, "data", "resourceName") or details.get("problemName", "") or "Cloud Guard problem"
    resource_id = details.get("resourceId", "")
    resource = Resource(resource_id, details.get("resourceName", "") or resource_id)
    recovered = event_type is EventType.RECOVERY
    occurred_at, note = times.read(body.get("eventTime"))
    return Event(
        event_key=problem_id,
        event_type=event_type,
        title=titled(problem, [resource.name] if resource.name else []),
        description=described(
            [
                f"{CLOSINGS.get(what, 'Closed')}: {problem}" if recovered else "",
                details.get("problemDescription", "") or problem,
                _told("Recommendation", details.get("problemRecommendation", "")),
            ],
            [_told(f"- {name}", details.get(key, "")) for key, name in LINES.items()],
        ),
        severity=RISK_LEVELS.get(details.get("riskLevel", "").upper(), Severity.INFO),
        provider=options.provider,
        resource=resource if resource.name else None,
        rule=details.get("problemName", ""),
        account=cloud_event.owner(body, details),
        occurred_at=occurred_at,
        additional_info=cloud_event.info(
            message,
            {
                "problem_id": problem_id,
                "problem_name": details.get("problemName", ""),
                "problem_type": details.get("problemType", ""),
                "risk_level": details.get("riskLevel", ""),
                "status": details.get("status", ""),
                "reason": details.get("reason", ""),
                "recommendation": details.get("problemRecommendation", ""),
                "resource_id": resource_id,
                "resource_type": details.get("resourceType", ""),
                "region": details.get("region", ""),
                "target_id": details.get("targetId", ""),
                "labels": details.get("labels", ""),
                "first_detected": details.get("firstDetected", ""),
                "last_detected": details.get("lastDetected", ""),
                "occurred_at": note,
            },
        ),
    )


def _told(name: str, value: str) -> str:
    return f"{name}: {value}" if value else ""


KIND = Kind(
    "cloud_guard",
    fits=lambda body: cloud_event.event_type(body).startswith(PREFIX + "problem"),
    transform=transform,
    closes=True,
)
