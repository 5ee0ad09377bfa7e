"""The memory of each alarm's newest state, in this process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

import cachetools  # a bounded dictionary whose entries expire

from plugin.observe import metrics
from plugin.ons.check.order import Entry, State
from plugin.setting.limits import MAX_HOLD, MEMORY_SECONDS

MAX_STATES = 75_000  # measured: they take 32 MB
MAX_TRACKED_KEYS = 10_000
ANSWER_SPACING = 0.5  # seconds between the answers to two events with one key
STORE_SECONDS = 0.05  # more for each further event of an answer: SpaceONE stores them one by one

ExpiringState = tuple[State, float]  # with its expiry


class LocalMemory:
    """An `order.Memory` that is bounded in number and time.

    An owner has at most half of it; beyond that, its own oldest states are evicted (LRU). If the memory is full, states of the
    least recently active owner are evicted. Evictions of unexpired states are counted.
    """

    def __init__(
        self,
        ttl: float | None = None,
        max_states: int = MAX_STATES,
        spacing: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ttl` and `spacing` are in seconds."""
        self._ttl = MEMORY_SECONDS if ttl is None else ttl
        self._max_keys, self._clock = max_states, clock
        self._by_owner: OrderedDict[str, OrderedDict[str, ExpiringState]] = OrderedDict()  # both in LRU order
        self._size = 0
        self.holds = Holds(ANSWER_SPACING if spacing is None else spacing, clock)

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """See `order.Memory`."""
        return [self._exchange(entry, now) for entry in entries], self.holds.reserve(entries)

    def _exchange(self, entry: Entry, now: datetime) -> State | None:
        if entry.state is None:
            return None
        states = self._by_owner.setdefault(entry.owner, OrderedDict())
        self._by_owner.move_to_end(entry.owner)
        newest, expires_at = states.get(entry.key, (None, 0.0))
        self._size += newest is None
        if expires_at <= self._clock() or (newest and newest.at > now):
            newest = None
        # Always written: this renews its TTL.
        states[entry.key] = entry.state if newest is None or entry.state.follows(newest) else newest, self._clock() + self._ttl
        states.move_to_end(entry.key)
        self._evict(states)
        return newest

    def _evict(self, states: OrderedDict[str, ExpiringState]) -> None:
        """Evict an owner's expired states, then what exceeds the limits."""
        while next(iter(states.values()))[1] <= self._clock():
            self._pop(states)
        if len(states) > self._max_keys // 2:
            metrics.memory_evictions.inc()
            self._pop(states)
        while self._size > self._max_keys:
            owner, idle = next(iter(self._by_owner.items()))
            if next(iter(idle.values()))[1] > self._clock():
                metrics.memory_evictions.inc()
            self._pop(idle)
            if not idle:
                del self._by_owner[owner]

    def _pop(self, states: OrderedDict[str, ExpiringState]) -> None:
        states.popitem(last=False)
        self._size -= 1


class Holds:
    """When the next event of each key may be answered, so that two of one key are spaced apart."""

    def __init__(self, spacing: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._spacing = spacing
        self._clock = clock
        self._free_at = cachetools.TTLCache[str, float](MAX_TRACKED_KEYS, 2 * MAX_HOLD, clock)

    def reserve(self, entries: Sequence[Entry]) -> float:
        """Return the seconds that these events, which do not wait for each other, must wait for earlier ones."""
        keys, now = {entry.key for entry in entries}, self._clock()
        wait = min(max([0.0, *(self._free_at.get(key, now) - now for key in keys)]), MAX_HOLD)
        if spacing := spacing_after(len(keys), self._spacing):
            self._free_at.update(dict.fromkeys(keys, now + wait + spacing))
        return wait


def spacing_after(events: int, spacing: float) -> float:
    """Return the seconds after an answer with this number of events until the next event of their keys may be answered."""
    return min(spacing + STORE_SECONDS * (events - 1), MAX_HOLD) if events and spacing else 0.0
