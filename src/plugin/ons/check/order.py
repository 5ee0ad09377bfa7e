"""Detect stale events.

ONS delivers at least once and in no order. A firing delivered again after its recovery would open an alert that never closes,
and a recovery delivered after the next firing would close one that should stay open. So the newest state of each alarm is
remembered with its time, and an older event of another state is ignored. A state is a firing or a recovery; if the severity of
an alarm can change, each severity is a state.

Webhooks of tenants who do not trust each other share this memory. So a key includes the owner (a digest of the webhook's
options), the kind and the topic of a verified signature; a time in the future is stored as now; derived keys, which another
alarm of the same name would share, are not stored.
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
    """The state of an alarm (`ALERT`, `RECOVERY`, or `ALERT/CRITICAL` where severities are states) and its time."""

    name: str
    at: datetime
    rank: int = 0  # of the severity, CRITICAL highest; 0 without a severity, or if the time was in the future

    def follows(self, other: State) -> bool:
        """Say whether this state replaces another: it is newer, or of the same time and not of lower severity."""
        return self.at > other.at or (self.at == other.at and not 0 < self.rank < other.rank)


@dataclass(frozen=True, slots=True)
class Entry:
    """An alarm's key in the memory and its state, or None if the state is not to be stored."""

    owner: str
    key: str  # a hash
    state: State | None


class Memory(Protocol):
    """Remembers the newest state of each alarm, and when its last event was answered."""

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """Store the states that follow the stored ones; return the previous state of each, and a wait.

        The wait is in seconds: events of one key are answered ANSWER_SPACING apart, more after a batch. No event waits longer
        than MAX_HOLD, nor for one of the same call. The exchange is atomic. A stored time after `now` is ignored. A memory that
        cannot be reached returns None for each (fails open).
        """


def owner_of(options: Body) -> str:
    """Return a digest of a webhook's options, the only hint of whose webhook it is, or "" for no options."""
    return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:16] if options else ""


def entry(event: Event, kind: Kind, owner: str, now: datetime, verified_topic: str | None) -> Entry:
    """Return the memory entry of an event. `verified_topic` is the topic of a verified signature, or None."""
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
    """Return the state of an event; a time in the future counts as now."""
    if not by_severity or event.event_type is EventType.RECOVERY:
        return State(event.event_type.value, min(at, now))
    severity = event.severity.value
    return State(f"{event.event_type.value}/{severity}", min(at, now), RANKS[severity] if at <= now else 0)
