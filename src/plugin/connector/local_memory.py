"""The memory of each alarm's newest firing and recovery, in this process."""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime

import cachetools  # a bounded dictionary whose entries expire

from plugin.model.event import EventType
from plugin.ons.check.order import OPPOSITE

KEPT = 3 * 60 * 60  # seconds; ONS tries a delivery for two hours
MOST_KEYS = 50_000  # about 20 MB


class LocalMemory:
    """An `order.Memory` that is bounded in number and time."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._newest: cachetools.TTLCache[str, dict[EventType, datetime]] = cachetools.TTLCache(most_keys, KEPT)
        self._lock = threading.Lock()

    def exchange(self, event_key: str, event_type: EventType, occurred_at: datetime) -> datetime | None:
        """See `order.Memory`."""
        name = hashed(event_key)
        with self._lock:
            newest = dict(self._newest.get(name, {}))
            newest[event_type] = max(occurred_at, newest.get(event_type, occurred_at))
            self._newest[name] = newest  # set anew: its time to live begins again
            return newest.get(OPPOSITE[event_type])


def hashed(event_key: str) -> str:
    """Return the name of an alarm in a memory: a hash, for keys are the tenants' own, and of any length."""
    return hashlib.sha256(event_key.encode()).hexdigest()[:32]
