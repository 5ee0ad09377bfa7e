"""The memory of each alarm's newest state, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import cachetools  # a bounded dictionary whose entries expire

from plugin.observe import metrics
from plugin.ons.check.order import Entry, State
from plugin.setting.limits import MAX_HOLD, MEMORY_SECONDS

MAX_KEYS = 75_000  # measured: they take 32 MB
MAX_HOLDS = 10_000
SPACING = 0.5  # seconds between the answers to two events of one key


class LocalMemory:
    """An `order.Memory` that is bounded in number and time.

    Who sends more keys than it holds makes it forget his own: the owner with the most loses the one used longest ago. Each
    state that is forgotten before its time is counted.
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
        self._spacing = SPACING if spacing is None else spacing
        self._max_keys, self._clock = max_keys, clock
        self._by_owner: dict[str, cachetools.TTLCache[str, State]] = {}
        self._size = 0  # at most: entries that expired are subtracted when it is reached
        self._free_at = cachetools.TTLCache[str, float](MAX_HOLDS, 2 * MAX_HOLD, clock)  # by key, when it may be answered

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """See `order.Memory`."""
        return [self._exchange(entry, now) for entry in entries], max(
            map(self._hold, {entry.key for entry in entries}), default=0.0
        )

    def _exchange(self, entry: Entry, now: datetime) -> State | None:
        if entry.state is None:
            return None
        newest = self._by_owner[entry.owner].get(entry.key) if entry.owner in self._by_owner else None
        if newest is None:
            self._make_room()
        states = self._by_owner.setdefault(entry.owner, cachetools.TTLCache(self._max_keys, self._ttl, self._clock))
        if newest is not None and newest.at > now:
            newest = None
        # Set anew in any case: its time to live begins again.
        states[entry.key] = entry.state if newest is None or entry.state.follows(newest) else newest
        return newest

    def _make_room(self) -> None:
        if self._size >= self._max_keys:
            self._by_owner = {owner: states for owner, states in self._by_owner.items() if states}  # len() drops what expired
            self._size = sum(map(len, self._by_owner.values()))
        if self._size >= self._max_keys:
            metrics.memory_evictions.inc()
            max(self._by_owner.values(), key=len).popitem()
            self._size -= 1
        self._size += 1

    def _hold(self, key: str) -> float:
        now = self._clock()
        wait = min(max(self._free_at.get(key, 0.0) - now, 0.0), MAX_HOLD)
        self._free_at[key] = now + wait + self._spacing
        return wait
