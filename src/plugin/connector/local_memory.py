"""The memory of each alarm's newest state, in this process."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import datetime

import cachetools  # a bounded dictionary whose entries expire

from plugin.observe import metrics
from plugin.ons.check.order import State

KEPT = 3 * 60 * 60  # seconds; ONS tries a delivery for two hours
MOST_KEYS = 75_000  # measured: they take 32 MB


class LocalMemory:
    """An `order.Memory` that is bounded in number and time.

    Webhooks share it, and nothing tells one sender from another: who sends more keys than it holds makes it forget those of
    others. Each state that is forgotten before its time is counted.
    """

    def __init__(self, most_keys: int = MOST_KEYS, clock: Callable[[], float] = time.monotonic) -> None:
        self._newest = _CountedCache(most_keys, KEPT, clock)
        self._lock = threading.Lock()

    def exchange(self, key: str, state: State, now: datetime) -> State | None:
        """See `order.Memory`."""
        name = hashed(key)
        with self._lock:
            newest = self._newest.get(name)
            if newest is not None and newest.at > now:
                newest = None
            # Set anew in any case: its time to live begins again.
            self._newest[name] = state if newest is None or state.follows(newest) else newest
            return newest


class _CountedCache(cachetools.TTLCache[str, State]):
    def popitem(self) -> tuple[str, State]:
        """Drop the state that was used longest ago, because there are too many; those of age are dropped elsewhere."""
        metrics.memory_evictions.inc()
        return super().popitem()


def hashed(key: str) -> str:
    """Return the name of an alarm in a memory: a hash, for keys are the tenants' own, and of any length."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
