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

MAX_KEYS = 75_000  # measured: they take 32 MB
MAX_HOLDS = 10_000
SPACING = 0.5  # seconds between the answers to two events of one key
STORING = 0.05  # seconds more for each further event of an answer: SpaceONE stores one after the other

Remembered = tuple[State, float]  # and when it is forgotten


class LocalMemory:
    """An `order.Memory` that is bounded in number and time.

    One owner has at most half of it. Who sends more than that makes the memory forget his own; where many owners fill it, the
    one that was silent longest loses first. Each state that is forgotten before its time is counted.
    """

    def __init__(
        self,
        ttl: float | None = None,
        max_keys: int = MAX_KEYS,
        spacing: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ttl` and `spacing` are in seconds."""
        self._ttl = MEMORY_SECONDS if ttl is None else ttl
        self._max_keys, self._clock = max_keys, clock
        self._by_owner: OrderedDict[str, OrderedDict[str, Remembered]] = OrderedDict()  # both: used longest ago first
        self._size = 0
        self.holds = Holds(SPACING if spacing is None else spacing, clock)

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """See `order.Memory`."""
        return [self._exchange(entry, now) for entry in entries], self.holds.reserve(entries)

    def _exchange(self, entry: Entry, now: datetime) -> State | None:
        if entry.state is None:
            return None
        states = self._by_owner.setdefault(entry.owner, OrderedDict())
        self._by_owner.move_to_end(entry.owner)
        newest, forgotten_at = states.get(entry.key, (None, 0.0))
        self._size += newest is None
        if forgotten_at <= self._clock() or (newest and newest.at > now):
            newest = None
        # Set anew in any case: its time to live begins again.
        states[entry.key] = entry.state if newest is None or entry.state.follows(newest) else newest, self._clock() + self._ttl
        states.move_to_end(entry.key)
        self._forget(states)
        return newest

    def _forget(self, states: OrderedDict[str, Remembered]) -> None:
        """Forget what is too old of an owner's states, and then what is too much."""
        while next(iter(states.values()))[1] <= self._clock():
            self._pop(states)
        if len(states) > self._max_keys // 2:
            metrics.memory_evictions.inc()
            self._pop(states)
        while self._size > self._max_keys:
            owner, silent = next(iter(self._by_owner.items()))
            if next(iter(silent.values()))[1] > self._clock():
                metrics.memory_evictions.inc()
            self._pop(silent)
            if not silent:
                del self._by_owner[owner]

    def _pop(self, states: OrderedDict[str, Remembered]) -> None:
        states.popitem(last=False)
        self._size -= 1


class Holds:
    """When the next event of each key may be answered, so that two of one key are kept apart."""

    def __init__(self, spacing: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._spacing = spacing
        self._clock = clock
        self._free_at = cachetools.TTLCache[str, float](MAX_HOLDS, 2 * MAX_HOLD, clock)

    def reserve(self, entries: Sequence[Entry]) -> float:
        """Return for how many seconds these events, which do not wait for each other, wait for those before."""
        keys, now = {entry.key for entry in entries}, self._clock()
        wait = min(max([0.0, *(self._free_at.get(key, now) - now for key in keys)]), MAX_HOLD)
        if spacing := spacing_after(len(keys), self._spacing):
            self._free_at.update(dict.fromkeys(keys, now + wait + spacing))
        return wait


def spacing_after(events: int, spacing: float) -> float:
    """Return for how many seconds after an answer with so many events no other event of theirs is answered."""
    return min(spacing + STORING * (events - 1), MAX_HOLD) if events and spacing else 0.0
