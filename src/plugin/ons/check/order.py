"""Whether an event comes too late to be true.

ONS delivers at least once and in no order. A firing that is delivered again after its recovery would open an alert that
never closes, and a recovery that is delivered after the next firing would close one that should stay open. So the time of
each alarm's newest firing and newest recovery is remembered, and an event that is older than the newest of the other type
is ignored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from plugin.model.event import Event, EventType, Ignored, IgnoredReason

OPPOSITE = {EventType.ALERT: EventType.RECOVERY, EventType.RECOVERY: EventType.ALERT}
REASONS = {
    EventType.ALERT: IgnoredReason.OLDER_THAN_RECOVERY,
    EventType.RECOVERY: IgnoredReason.OLDER_THAN_ALERT,
}
MAX_CLOCK_SKEW = timedelta(minutes=5)  # by which two honest clocks may differ


class Memory(Protocol):
    """Remembers the newest firing and the newest recovery of each alarm."""

    def exchange(self, event_key: str, event_type: EventType, occurred_at: datetime) -> datetime | None:
        """Remember a time if it is the newest of its type, and return the newest time of the opposite type, or None.

        It is one atomic step, harmless if repeated. A memory that is out of reach returns None: then every event passes.
        """


def drop_if_late(event: Event, memory: Memory, now: datetime) -> Event | Ignored:
    """Return the event, or Ignored if it is older than the newest event of the opposite type with the same event_key.

    An event without a time passes, and so does one of the future: remembered, it would hide all that follow.
    """
    occurred_at = event.occurred_at
    if occurred_at is None or occurred_at - now > MAX_CLOCK_SKEW:
        return event
    newest_opposite = memory.exchange(event.event_key, event.event_type, occurred_at)
    if newest_opposite is None or occurred_at >= newest_opposite:
        return event
    return Ignored(REASONS[event.event_type])
