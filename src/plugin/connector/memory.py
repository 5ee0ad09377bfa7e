"""The memory of each alarm's newest firing and newest recovery: in this process, or in a Redis that replicas share."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import cachetools

from plugin.error import ERROR_ENVIRONMENT
from plugin.model.event import EventType
from plugin.ons.guard import OTHER

VARIABLE = "ONS_STATE_URL"
KEPT = 3 * 60 * 60  # seconds; ONS tries for two hours
MOST_KEYS = 50_000  # in this process: about 20 MB


class Memory(Protocol):
    """What the guard against ghost alarms asks of a memory."""

    def newest_other(self, event_key: str, event_type: EventType, occurred_at: datetime) -> datetime | None:
        """Remember an event's time if it is the newest of its type; return the newest time of the other type, or None.

        One atomic step, harmless if repeated. None too if the memory is out of reach: then every event passes.
        """


class LocalMemory:
    """A memory in this process, bounded in number and time."""

    def __init__(self) -> None:
        self._newest: cachetools.TTLCache[str, dict[EventType, datetime]] = cachetools.TTLCache(MOST_KEYS, KEPT)
        self._lock = threading.Lock()

    def newest_other(self, event_key: str, event_type: EventType, occurred_at: datetime) -> datetime | None:
        """See Memory."""
        name = hashed(event_key)
        with self._lock:
            newest = dict(self._newest.get(name, {}))
            newest[event_type] = max(occurred_at, newest.get(event_type, occurred_at))
            self._newest[name] = newest  # set anew: it lives from now
            return newest.get(OTHER[event_type])


def from_environment(environ: Mapping[str, str]) -> Memory:
    """Return the memory that ONS_STATE_URL names, or one in this process; raise ERROR_ENVIRONMENT for a bad URL."""
    url = environ.get(VARIABLE, "").strip()
    if not url:
        return LocalMemory()
    try:
        if not url.startswith(("redis://", "rediss://")):
            raise ValueError
        from plugin.connector.redis_memory import RedisMemory  # a twentieth of the start-up, for those who need it

        return RedisMemory(url)
    except ValueError:
        raise ERROR_ENVIRONMENT(VARIABLE, "a URL redis://HOST:PORT/DB or rediss://… expected") from None


def hashed(event_key: str) -> str:
    """Return the name of an alarm in a memory: a hash, for keys are the tenants' own, and of any length."""
    return hashlib.sha256(event_key.encode()).hexdigest()[:32]
