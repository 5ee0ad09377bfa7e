"""An announcement of Oracle: maintenance, a change, a required action.

The fields are those of Oracle's SDK, because no announcement has been captured from ONS.
https://docs.oracle.com/en-us/iaas/api/#/en/announcements/0.0.1/Announcement
"""

from __future__ import annotations

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, EventType, Resource, Severity
from plugin.ons import identifiers, times
from plugin.ons.kind import vocabulary
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Reader
from plugin.ons.text import MAX_LINES, describe, label_value, title_with, unescape_html
from plugin.setting.option import Options

SEVERITIES = {  # announcementType; any other is INFO
    "ACTION_REQUIRED": Severity.WARNING,
    "EMERGENCY_CHANGE": Severity.WARNING,
    "EMERGENCY_MAINTENANCE": Severity.WARNING,
    "EMERGENCY_MAINTENANCE_COMPLETE": Severity.WARNING,
    "EMERGENCY_MAINTENANCE_EXTENDED": Severity.WARNING,
    "EMERGENCY_MAINTENANCE_RESCHEDULED": Severity.WARNING,
    "PRODUCTION_EVENT_NOTIFICATION": Severity.ERROR,  # an outage
}
TIMES = (("timeOneTitle", "timeOneValue"), ("timeTwoTitle", "timeTwoValue"))


def transform(message: Message, options: Options) -> Event:
    """Return the event: always an ALERT. Announcements of one chain, such as a maintenance and its end, share a key."""
    fields = message.fields
    key = fields.text("chainId", "referenceTicketNumber")
    if not key:
        raise ERROR_FIELD("chainId or referenceTicketNumber", "text")
    phrases = PHRASES[options.language]
    announcement_type, ticket = fields.text("announcementType"), fields.text("referenceTicketNumber")
    title = unescape_html(fields.text("summary") or phrases.announcement)
    services, regions = _join(fields, "services"), _join(fields, "affectedRegions")
    affected = _affected_resources(fields)
    names = list(dict.fromkeys(each.name for each in affected))
    severity = fields.text("severity")
    return Event(
        event_key=key,
        event_type=EventType.ALERT,
        title=title_with(title, names),
        description=describe(
            phrases,
            [title, *(unescape_html(fields.text(key)) for key in ("description", "additionalInformation"))],
            [
                *(label_value(f"- {fields.text(name) or name}", fields.text(value)) for name, value in TIMES),
                label_value(f"- {phrases.type}", announcement_type),
                label_value(f"- {phrases.services}", services),
                label_value(f"- {phrases.regions}", regions),
                label_value(f"- {phrases.ticket}", ticket),
                *(f"- {resource.name}" for resource in affected[:MAX_LINES]),
            ],
            omitted=max(0, len(affected) - MAX_LINES),
        ),
        severity=vocabulary.severity(severity) or SEVERITIES.get(announcement_type.upper(), Severity.INFO),
        resource=affected[0] if affected else None,
        resources=tuple(names[1:]),
        rule=announcement_type,
        account=identifiers.tenancy(fields.body),
        occurred_at=fields.time("timeUpdated", "timeCreated") or times.from_text(message.sent_at),
        additional_info={
            "announcement_id": fields.text("id"),
            "announcement_type": announcement_type,
            "reference_ticket_number": ticket,
            "services": services,
            "affected_regions": regions,
            "platform_type": fields.text("platformType"),
        },
    )


def _join(fields: Reader, key: str) -> str:
    return ", ".join(filter(None, (fields.scalar(item, key) for item in fields.items(key))))


def _affected_resources(fields: Reader) -> list[Resource]:
    pairs = [[each.text(key) for key in ("resourceId", "resourceName")] for each in fields.objects("affectedResources")]
    known = [["" if identifiers.is_placeholder(text) else text for text in pair] for pair in pairs]
    return [Resource(identifiers.lower(resource_id), name or resource_id) for resource_id, name in known if resource_id or name]


KIND = Kind(
    "announcement",
    fits=lambda body: "announcementType" in body or "referenceTicketNumber" in body,
    transform=transform,
)
