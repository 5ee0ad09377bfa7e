"""Whether an event comes too late to be true.

ONS delivers at least once and in no order. A firing that is delivered again after its recovery would open an alert that
never closes, and a recovery that is delivered after the next firing would close one that should stay open. So the newest
state of each alarm and its time are remembered, and an event of another state that is older is ignored. A state is a firing
or a recovery; of an alarm whose severity can change, it is a firing of one severity or a recovery.

Webhooks of tenants who do not trust each other share this memory. So the owner (a digest of the webhook's options) and the
kind are part of a key, a time of the future is remembered as now, keys of our own making (which another alarm of the same
name would share) are not remembered, and what a verified signature says of a topic is remembered apart from what anybody
says, and from other topics: anybody can have ONS sign.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.model.event import Event, EventType, Ignored, IgnoredReason, Severity
from plugin.ons.message import Kind
from plugin.ons.read import Body

RECOVERY = EventType.RECOVERY.value
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


@dataclass(frozen=True, slots=True)
class Entry:
    """An alarm's key in the memory and its state, or None where no state is to be remembered."""

    owner: str
    key: str  # a hash
    state: State | None


class Memory(Protocol):
    """Remembers the newest state of each alarm, and when its last event was answered."""

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """Remember the states that follow those remembered; return what was remembered of each before, and a wait.

        The wait is in seconds: two events of one key are answered SPACING seconds apart, more behind a batch, but no event
        waits longer than MAX_HOLD, nor for an event of the same call. All is one atomic step. A remembered time after `now`
        counts as none. A memory that is out of reach returns None for each: then every event passes.
        """


def owner_of(options: Body) -> str:
    """Return a digest of a webhook's options: all that the plugin is ever told of whose webhook it is; "" for none."""
    return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:16] if options else ""


def entry(event: Event, kind: Kind, owner: str, now: datetime, verified_topic: str | None) -> Entry:
    """Return what the memory is asked for an event. `verified_topic` is the topic that a signature vouches for, or None."""
    identity = (owner, kind.name, verified_topic, event.event_key)
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]
    if not kind.closes or event.occurred_at is None or event.key_is_hash:
        return Entry(owner, key, None)
    return Entry(owner, key, _state(event, event.occurred_at, now, by_severity=kind.escalates))


def judge(event: Event, state: State | None, newest: State | None) -> Event | Ignored:
    """Return the event, or Ignored if it is older than the newest state of its alarm and of another state."""
    if state is None or newest is None or newest.name == state.name or state.follows(newest):
        return event
    return Ignored(IgnoredReason.OLDER_THAN_RECOVERY if newest.name == RECOVERY else IgnoredReason.OLDER_THAN_ALERT)


def _state(event: Event, at: datetime, now: datetime, *, by_severity: bool) -> State:
    """Return the state that an event tells of; a time of the future counts as now."""
    if not by_severity or event.event_type is EventType.RECOVERY:
        return State(event.event_type.value, min(at, now))
    severity = event.severity.value
    return State(f"{event.event_type.value}/{severity}", min(at, now), RANKS[severity] if at <= now else 0)
