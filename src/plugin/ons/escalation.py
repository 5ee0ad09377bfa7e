"""One alert for each severity of an alarm.

SpaceONE never changes the severity or urgency of an open alert, so an alarm that goes from WARNING to CRITICAL would page
nobody. With the option `escalation: separate` each severity has its own key: a firing opens the alert of its severity and
closes the others, and a recovery closes all. SpaceONE ignores a recovery without an open alert.
"""

from __future__ import annotations

from dataclasses import replace

from plugin.model.event import Event, EventType, Severity, stored_key
from plugin.ons.phrases import PHRASES
from plugin.setting.option import Options


def split_by_severity(event: Event, options: Options) -> list[Event]:
    """Return one event for each severity of an alarm, the firing one first."""
    if event.event_type is EventType.RECOVERY:
        return [replace(event, event_key=severity_key(event, severity)) for severity in Severity]
    if not event.severity_is_known:  # the other alerts stay open
        return [replace(event, event_key=severity_key(event, event.severity))]
    moved = f"{PHRASES[options.language].moved.format(event.severity.value)}: {event.title}"
    return [replace(event, event_key=severity_key(event, event.severity))] + [
        replace(event, event_key=severity_key(event, severity), event_type=EventType.RECOVERY, description=moved)
        for severity in Severity
        if severity is not event.severity
    ]


def severity_key(event: Event, severity: Severity) -> str:
    """Return the key of an alarm's alert of one severity."""
    return f"{stored_key(event.event_key)}/{severity.value}"
