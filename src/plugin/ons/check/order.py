"""Whether an event comes too late to be true.

ONS delivers at least once and in no order. A firing that is delivered again after its recovery would open an alert that
never closes, and a recovery that is delivered after the next firing would close one that should stay open. So the newest
state of each alarm and its time are remembered, and an event of another state that is older is ignored. A state is a firing
or a recovery; where each severity is an alert of its own (option `escalation`), it is a firing of one severity or a recovery.

Webhooks of tenants who do not trust each other share this memory. So a time of the future is remembered as now, keys of our
own making (which another tenant's alarm of the same name would share) are not remembered, and what a verified signature
says is remembered apart from what anybody says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.model.event import Event, EventType, Ignored, IgnoredReason

RECOVERY = EventType.RECOVERY.value
VERIFIED = "verified "  # before the key of what a signature vouches for


@dataclass(frozen=True)
class State:
    """What is known of an alarm: `ALERT`, `RECOVERY`, or `ALERT/CRITICAL` where severities are apart; and since when."""

    name: str
    at: datetime


class Memory(Protocol):
    """Remembers the newest state of each alarm."""

    def exchange(self, key: str, state: State, now: datetime) -> State | None:
        """Remember a state if none is remembered that is newer, and return the one that was remembered before, or None.

        It is one atomic step, harmless if repeated. A remembered time after `now` counts as none. A memory that is out of
        reach returns None: then every event passes.
        """


def drop_if_late(event: Event, memory: Memory, now: datetime, *, by_severity: bool, verified: bool) -> Event | Ignored:
    """Return the event, or Ignored if it is older than the newest state of its alarm and of another state.

    `by_severity` says that severities are states of their own, `verified` that a signature vouches for the event. An event
    without a readable time passes.
    """
    if event.occurred_at is None or event.key_is_hash:
        return event
    state = State(_state_name(event, by_severity=by_severity), min(event.occurred_at, now))
    newest = memory.exchange((VERIFIED if verified else "") + event.event_key, state, now)
    if newest is None or newest.name == state.name or state.at >= newest.at:
        return event
    return Ignored(IgnoredReason.OLDER_THAN_RECOVERY if newest.name == RECOVERY else IgnoredReason.OLDER_THAN_ALERT)


def _state_name(event: Event, *, by_severity: bool) -> str:
    if by_severity and event.event_type is EventType.ALERT:
        return f"{event.event_type.value}/{event.severity.value}"
    return event.event_type.value
