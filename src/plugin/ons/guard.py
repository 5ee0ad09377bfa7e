"""Whether an event comes too late to be true.

ONS delivers at least once and in no order: a firing delivered again after its recovery would open an alert that never
closes, and a recovery delivered after the next firing would close one that should stay open.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.model.event import Event, EventType, Reason, Silent
from plugin.ons.message import Kind

CLOSING = frozenset({Kind.ALARM, Kind.ALARM_DOCUMENTED, Kind.CLOUD_GUARD, Kind.BUDGET})  # kinds that have recoveries
OTHER = {EventType.ALERT: EventType.RECOVERY, EventType.RECOVERY: EventType.ALERT}
REASONS = {EventType.ALERT: Reason.OLDER_THAN_RECOVERY, EventType.RECOVERY: Reason.OLDER_THAN_ALERT}
FUTURE = timedelta(minutes=5)


def of_the_future(event: Event, now: datetime) -> bool:
    """Say whether an event is of a time that no honest clock shows; remembered, it would silence all that follow."""
    return event.occurred_at is not None and event.occurred_at - now > FUTURE


def judge(event: Event, newest_other: datetime | None) -> Event | Silent:
    """Return the event, or a Silent if it is older than the newest event of the other type with the same event_key."""
    if event.occurred_at is None or newest_other is None or event.occurred_at >= newest_other:
        return event
    return Silent(REASONS[event.event_type])
