"""The memory of each alarm's newest state, in a Redis that replicas share."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plugin.connector.local_memory import KEPT, hashed
from plugin.ons.check.order import State
from plugin.ons.times import EPOCH
from plugin.setting.process import STATE_URL

_LOGGER = logging.getLogger(__name__)

TIMEOUT = 0.2  # seconds to connect, and to answer
QUIET = 60.0  # seconds between two log lines on a Redis that fails
PREFIX = "plugin-oci-ons-mon-webhook:"

# KEYS[1]: the alarm. ARGV: state, its time and now in milliseconds, seconds to keep the alarm.
# Returns the state that was remembered before, and its time.
EXCHANGE = """
local newest = redis.call('HMGET', KEYS[1], 'state', 'at')
local at = tonumber(newest[2] or '')
if not at or at > tonumber(ARGV[3]) then newest = {false, false} end
if not newest[1] or tonumber(ARGV[2]) >= at then redis.call('HSET', KEYS[1], 'state', ARGV[1], 'at', ARGV[2]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return newest
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

    def exchange(self, key: str, state: State, now: datetime) -> State | None:
        """See `order.Memory`."""
        try:
            name, at = self._exchange(keys=[PREFIX + hashed(key)], args=[state.name, _millis(state.at), _millis(now), KEPT])
        except redis.RedisError as e:
            self._log(type(e).__name__)
            return None
        return State(name, EPOCH + timedelta(milliseconds=int(at))) if name and at else None

    def _log(self, failure: str) -> None:
        with self._lock:
            if time.monotonic() < self._quiet_until:
                return
            self._quiet_until = time.monotonic() + QUIET
        _LOGGER.warning("the Redis of %s fails (%s): late firings may open alerts until it is back", STATE_URL, failure)


def _millis(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)
