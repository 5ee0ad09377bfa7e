"""Whether an event comes too late to be true.

ONS delivers at least once and in no order. A firing that is delivered again after its recovery would open an alert that
never closes, and a recovery that is delivered after the next firing would close one that should stay open. So the newest
state of each alarm and its time are remembered, and an event of another state that is older is ignored. A state is a firing
or a recovery; of an alarm whose severity can change, it is a firing of one severity or a recovery.

Webhooks of tenants who do not trust each other share this memory. So a time of the future is remembered as now, keys of our
own making (which another tenant's alarm of the same name would share) are not remembered, and what a verified signature
says of a topic is remembered apart from what anybody says, and from other topics: anybody can have ONS sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.model.event import Event, EventType, Ignored, IgnoredReason, Severity

RECOVERY = EventType.RECOVERY.value
VERIFIED = "\0"  # around the topic that a signature vouches for; no key of a message has a control character
RANKS = {severity.value: rank for rank, severity in enumerate(reversed(Severity), 1)}


@dataclass(frozen=True, slots=True)
class State:
    """What is known of an alarm: `ALERT`, `RECOVERY`, or `ALERT/CRITICAL` where severities are states; and since when."""

    name: str
    at: datetime
    rank: int = 0  # of a severity, the highest that of CRITICAL; 0 for a state without one, or of a time that is not its own

    def follows(self, other: State) -> bool:
        """Say whether this state is not older than another. Of two severities at one time the higher one stands."""
        return self.at > other.at or (self.at == other.at and not 0 < self.rank < other.rank)


class Memory(Protocol):
    """Remembers the newest state of each alarm."""

    def exchange(self, key: str, state: State, now: datetime) -> State | None:
        """Remember a state if it follows the one that is remembered, and return the one that was remembered before, or None.

        It is one atomic step, harmless if repeated. A remembered time after `now` counts as none. A memory that is out of
        reach returns None: then every event passes.
        """


def drop_if_late(
    event: Event, memory: Memory, now: datetime, *, by_severity: bool, verified_topic: str | None
) -> Event | Ignored:
    """Return the event, or Ignored if it is older than the newest state of its alarm and of another state.

    `by_severity` says that severities are states of their own, `verified_topic` is the topic that a signature vouches for
    (None: no signature was verified). An event without a readable time passes.
    """
    if event.occurred_at is None or event.key_is_hash:
        return event
    state = _state(event, now, by_severity=by_severity)
    vouched = "" if verified_topic is None else f"{VERIFIED}{verified_topic}{VERIFIED}"
    newest = memory.exchange(vouched + event.event_key, state, now)
    if newest is None or newest.name == state.name or state.follows(newest):
        return event
    return Ignored(IgnoredReason.OLDER_THAN_RECOVERY if newest.name == RECOVERY else IgnoredReason.OLDER_THAN_ALERT)


def _state(event: Event, now: datetime, *, by_severity: bool) -> State:
    """Return the state that an event tells of; a time of the future counts as now."""
    at = event.occurred_at or now
    if not by_severity or event.event_type is EventType.RECOVERY:
        return State(event.event_type.value, min(at, now))
    severity = event.severity.value
    return State(f"{event.event_type.value}/{severity}", min(at, now), RANKS[severity] if at <= now else 0)
