"""The memory of each alarm's newest state, in this process."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime

import cachetools  # a bounded dictionary whose entries expire

from plugin.ons.check.order import State

KEPT = 3 * 60 * 60  # seconds; ONS tries a delivery for two hours
MOST_KEYS = 50_000  # about 20 MB


class LocalMemory:
    """An `order.Memory` that is bounded in number and time."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._newest: cachetools.TTLCache[str, State] = cachetools.TTLCache(most_keys, KEPT)
        self._lock = threading.Lock()

    def exchange(self, key: str, state: State, now: datetime) -> State | None:
        """See `order.Memory`."""
        name = hashed(key)
        with self._lock:
            newest = self._newest.get(name)
            if newest is not None and newest.at > now:
                newest = None
            # Set anew in any case: its time to live begins again.
            self._newest[name] = state if newest is None or state.at >= newest.at else newest
            return newest


def hashed(key: str) -> str:
    """Return the name of an alarm in a memory: a hash, for keys are the tenants' own, and of any length."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
