"""The memory of each alarm's newest state, in a Redis that replicas share.

No alarm waits for a Redis that fails: a command has one deadline with the look-up of the name in it, and after a few failures
every alarm passes at once, while a thread asks in the background whether Redis answers again.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plugin.connector.local_memory import KEPT, hashed
from plugin.observe import metrics
from plugin.ons.check.order import State
from plugin.ons.times import EPOCH
from plugin.setting.process import STATE_URL

_LOGGER = logging.getLogger(__name__)

TIMEOUT = 0.2  # seconds to connect, and to answer
DEADLINE = 0.3  # seconds that an alarm waits in all; a look-up of a name has no limit of its own
MOST_COMMANDS = 8  # under way at once
MOST_FAILURES = 3  # one after another, until alarms pass without Redis
PROBE_EVERY = 2.0  # seconds
QUIET = 60.0  # seconds between two log lines on a Redis that fails
PREFIX = "plugin-oci-ons-mon-webhook:"

# KEYS[1]: the alarm. ARGV: state, its time in milliseconds, its rank, now in milliseconds, seconds to keep the alarm.
# Returns the state that was remembered before, its time and its rank. What follows what is said in `State.follows`.
EXCHANGE = """
local newest = redis.call('HMGET', KEYS[1], 'state', 'at', 'rank')
local at, rank = tonumber(newest[2] or ''), tonumber(newest[3] or '') or 0
local own_at, own_rank = tonumber(ARGV[2]), tonumber(ARGV[3])
if not at or at > tonumber(ARGV[4]) then newest = {false, false, false} end
if not newest[1] or own_at > at or (own_at == at and not (0 < own_rank and own_rank < rank)) then
    redis.call('HSET', KEYS[1], 'state', ARGV[1], 'at', ARGV[2], 'rank', ARGV[3])
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
return newest
"""
_STATE = re.compile(r"[A-Z]{1,20}(/[A-Z]{1,20})?")
_RANK = re.compile(r"[0-9]")
_MILLIS = re.compile(r"-?[0-9]{1,15}")


class RedisMemory:
    """An `order.Memory`: one round trip an event. Whatever fails, the event passes; it is counted and logged."""

    def __init__(self, url: str) -> None:
        """Build the client whole, without a connection; raise an error of any type for a URL that is none of Redis's."""
        self._client = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0), decode_responses=True
        )
        self._client.connection_pool.make_connection()  # which connects later
        str(self._client.get_connection_kwargs()["host"]).encode("idna")  # there is none where a password has a / in it
        self._script = self._client.register_script(EXCHANGE)
        self._commands = ThreadPoolExecutor(MOST_COMMANDS, "redis")
        self._lock = threading.Lock()
        self._failures = 0
        self._open = False  # the breaker: while it is open, no alarm asks Redis
        self._quiet_until = 0.0

    def exchange(self, key: str, state: State, now: datetime) -> State | None:
        """See `order.Memory`."""
        if self._open:
            metrics.memory_failures.inc()
            return None
        arguments: list[str | int] = [state.name, _millis(state.at), state.rank, _millis(now), KEPT]
        try:
            answer = self._commands.submit(self._script, [PREFIX + hashed(key)], arguments).result(DEADLINE)
            newest = _state(answer)
        except Exception as e:  # noqa: BLE001 - whatever Redis answers or its client raises, the alarm passes
            self._fail(type(e).__name__)
            return None
        self._failures = 0
        return newest

    def _fail(self, failure: str) -> None:
        metrics.memory_failures.inc()
        with self._lock:
            self._failures += 1
            probe = self._failures >= MOST_FAILURES and not self._open
            self._open = self._open or probe
            logged = time.monotonic() >= self._quiet_until
            if logged:
                self._quiet_until = time.monotonic() + QUIET
        if probe:
            threading.Thread(target=self._probe, name="redis-probe", daemon=True).start()
        if logged:
            _LOGGER.warning("the Redis of %s fails (%s): late firings may open alerts until it is back", STATE_URL, failure)

    def _probe(self) -> None:
        """Close the breaker once Redis answers."""
        while self._open:
            time.sleep(PROBE_EVERY)
            try:
                self._client.ping()
            except Exception:  # noqa: BLE001,S112 - it is still away
                continue
            self._failures, self._open = 0, False
            _LOGGER.info("the Redis of %s answers again", STATE_URL)


def _state(answer: Any) -> State | None:
    """Return the state in an answer, or None if it has none; raise ValueError or TypeError for an answer that is not ours."""
    name, at, rank = answer
    if name is at is rank is None:
        return None
    if not (_STATE.fullmatch(name) and _MILLIS.fullmatch(at) and _RANK.fullmatch(rank)):
        raise ValueError("not a state")
    return State(name, EPOCH + timedelta(milliseconds=int(at)), int(rank))


def _millis(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)
