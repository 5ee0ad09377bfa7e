"""The memory of each alarm's newest firing and recovery, in a Redis that replicas share."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plugin.connector.local_memory import KEPT, hashed
from plugin.model.event import EventType
from plugin.ons.check.order import OPPOSITE
from plugin.ons.times import EPOCH
from plugin.setting.process import STATE_URL

_LOGGER = logging.getLogger(__name__)

TIMEOUT = 0.2  # seconds to connect, and to answer
QUIET = 60.0  # seconds between two log lines on a Redis that fails
PREFIX = "plugin-oci-ons-mon-webhook:"

# KEYS[1]: the alarm. ARGV: the event's type, its time in milliseconds, the opposite type, seconds to keep the alarm.
EXCHANGE = """
local newest = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '')
if not newest or tonumber(ARGV[2]) > newest then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return redis.call('HGET', KEYS[1], ARGV[3])
"""


class RedisMemory:
    """An `order.Memory`: one round trip an event. Any failure lets the event pass, with one log line a minute."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0), decode_responses=True
        )
        self._exchange = client.register_script(EXCHANGE)
        self._lock = threading.Lock()
        self._quiet_until = 0.0

    def exchange(self, event_key: str, event_type: EventType, occurred_at: datetime) -> datetime | None:
        """See `order.Memory`."""
        millis = (occurred_at - EPOCH) // timedelta(milliseconds=1)
        try:
            newest = self._exchange(
                keys=[PREFIX + hashed(event_key)], args=[event_type.value, millis, OPPOSITE[event_type].value, KEPT]
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
        _LOGGER.warning("the Redis of %s fails (%s): late firings may open alerts until it is back", STATE_URL, failure)
