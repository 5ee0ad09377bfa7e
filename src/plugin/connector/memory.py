"""The memory of each alarm's newest firing and newest recovery: in this process, or in a Redis that replicas share."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import cachetools
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plugin.error import ERROR_ENVIRONMENT
from plugin.model.event import EventType
from plugin.ons.guard import OTHER
from plugin.ons.instant import EPOCH

_LOGGER = logging.getLogger(__name__)

VARIABLE = "ONS_STATE_URL"
KEPT = 3 * 60 * 60  # seconds; ONS tries for two hours
MOST_KEYS = 50_000  # in this process: about 20 MB
LIMIT = 0.2  # seconds to connect, and to answer
QUIET = 60.0  # seconds between two log lines on a Redis that fails
PREFIX = "plugin-oci-ons-mon-webhook:"

# KEYS[1]: the alarm. ARGV: the event's type, its time in milliseconds, the other type, how long to keep the alarm.
EXCHANGE = """
local newest = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '')
if not newest or tonumber(ARGV[2]) > newest then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return redis.call('HGET', KEYS[1], ARGV[3])
"""


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
        with self._lock:
            newest = dict(self._newest.get(event_key, {}))
            newest[event_type] = max(occurred_at, newest.get(event_type, occurred_at))
            self._newest[event_key] = newest  # set anew: it lives from now
            return newest.get(OTHER[event_type])


class RedisMemory:
    """A memory in Redis: one round trip an event; any failure lets the event pass, with one log line a minute."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url, socket_timeout=LIMIT, socket_connect_timeout=LIMIT, retry=Retry(NoBackoff(), 0), decode_responses=True
        )
        self._exchange = client.register_script(EXCHANGE)
        self._lock = threading.Lock()
        self._quiet_until = 0.0

    def newest_other(self, event_key: str, event_type: EventType, occurred_at: datetime) -> datetime | None:
        """See Memory."""
        millis = (occurred_at - EPOCH) // timedelta(milliseconds=1)
        try:
            newest = self._exchange(
                keys=[PREFIX + _name(event_key)], args=[event_type.value, millis, OTHER[event_type].value, KEPT]
            )
        except redis.RedisError as e:
            self._log(type(e).__name__)
            return None
        return EPOCH + timedelta(milliseconds=int(newest)) if isinstance(newest, str) else None

    def _log(self, failure: str) -> None:
        with self._lock:
            if time.monotonic() < self._quiet_until:
                return
            self._quiet_until = time.monotonic() + QUIET
        _LOGGER.warning("the Redis of %s fails (%s): late firings may open alerts until it is back", VARIABLE, failure)


def from_environment(environ: Mapping[str, str]) -> Memory:
    """Return the memory that ONS_STATE_URL names, or one in this process; raise ERROR_ENVIRONMENT for a bad URL."""
    url = environ.get(VARIABLE, "").strip()
    if not url:
        return LocalMemory()
    try:
        if not url.startswith(("redis://", "rediss://")):
            raise ValueError
        return RedisMemory(url)
    except ValueError:
        raise ERROR_ENVIRONMENT(VARIABLE, "a URL redis://HOST:PORT/DB or rediss://… expected") from None


def _name(event_key: str) -> str:
    """Return the name of an alarm in a memory: a hash, for keys are the tenants' own."""
    return hashlib.sha256(event_key.encode()).hexdigest()[:32]
