"""The memory of each alarm's newest state, in a Redis that replicas share.

A failing Redis does not hold up alarms: an exchange has one deadline, which includes DNS, and after BREAKER_THRESHOLD failures
a circuit breaker opens. Every RETRY_INTERVAL one alarm tries again.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from plugin.connector.local_memory import ANSWER_SPACING, Holds, spacing_after
from plugin.observe import metrics
from plugin.ons.check.order import Entry, State
from plugin.ons.times import EPOCH
from plugin.setting.limits import MAX_HOLD, MEMORY_SECONDS, REDIS_DEADLINE
from plugin.setting.process import STATE_URL

_LOGGER = logging.getLogger(__name__)

MAX_REDIS_CONNECTIONS = 8
BREAKER_THRESHOLD = 3  # consecutive failures until the breaker opens
RETRY_INTERVAL = 2.0  # seconds, while the breaker is open
LOG_INTERVAL = 60.0  # seconds between two log lines of a failing Redis
MAX_STATES_PER_OWNER = 40_000  # beyond it, the owner's oldest are evicted
KEY_PREFIX = "{plugin-oci-ons-mon-webhook}:"  # a hash tag: a script may use many keys of a cluster

# KEYS: the index of the owner's alarms, and the alarms. ARGV: now, the TTL of a state in seconds, spacing, maximum wait and
# maximum number of alarms of an owner; then for each alarm the state ("" for none), its time and its rank. Times are in
# milliseconds. Returns for each alarm its previous state, time and rank; then the wait, and the number of evictions.
# The order of states is that of `State.follows`.
EXCHANGE = """
local clock = redis.call('TIME')
local clock_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local index, keys, answer, wait = table.remove(KEYS, 1), KEYS, {}, 0
for i, key in ipairs(keys) do
    local state, own_at, own_rank = ARGV[3 * i + 3], tonumber(ARGV[3 * i + 4]), tonumber(ARGV[3 * i + 5])
    local newest = {false, false, false}
    if state ~= '' then
        newest = redis.call('HMGET', key, 'state', 'at', 'rank')
        local at, rank = tonumber(newest[2] or ''), tonumber(newest[3] or '') or 0
        if not at or at > tonumber(ARGV[1]) then newest = {false, false, false} end
        if not newest[1] or own_at > at or (own_at == at and not (0 < own_rank and own_rank < rank)) then
            redis.call('HSET', key, 'state', state, 'at', ARGV[3 * i + 4], 'rank', ARGV[3 * i + 5])
        end
        redis.call('EXPIRE', key, ARGV[2])
        redis.call('ZADD', index, clock_ms, key)
    end
    answer[i] = newest
    local free = tonumber(redis.call('GET', key .. ':free') or '') or 0
    wait = math.min(math.max(free - clock_ms, wait), tonumber(ARGV[4]))
end
local hold = wait + ARGV[3]
for _, key in ipairs(hold > 0 and keys or {}) do redis.call('SET', key .. ':free', clock_ms + hold, 'PX', hold) end
redis.call('EXPIRE', index, ARGV[2])
redis.call('ZREMRANGEBYSCORE', index, 0, clock_ms - ARGV[2] * 1000)
local surplus = redis.call('ZCARD', index) - ARGV[5]
local forgotten = surplus > 0 and redis.call('ZRANGE', index, 0, surplus - 1) or {}
for _, key in ipairs(forgotten) do redis.call('DEL', key) redis.call('ZREM', index, key) end
answer[#keys + 1], answer[#keys + 2] = wait, #forgotten
return answer
"""
_STATE = re.compile(r"[A-Z]{1,20}(/[A-Z]{1,20})?")
_RANK = re.compile(r"[0-9]")
_MILLIS = re.compile(r"-?[0-9]{1,15}")


class RedisMemory:
    """An `order.Memory`: one round trip a call. It fails open: events pass, and the failure is counted and logged."""

    def __init__(self, url: str, ttl: int = MEMORY_SECONDS, spacing: float | None = None) -> None:
        """Build the client without connecting; raise an error of any type for a bad URL."""
        self._client = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=REDIS_DEADLINE,
            socket_connect_timeout=REDIS_DEADLINE,
            max_connections=MAX_REDIS_CONNECTIONS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            protocol=2,  # this and the next: no handshake, because a slow Redis would never meet the deadline
            driver_info=None,
        )
        self._client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # checks the arguments, does not connect
        str(self._client.get_connection_kwargs()["host"]).encode("idna")  # type: ignore[no-untyped-call]  # missing if a password contains a /
        self._exchange = self._client.register_script(EXCHANGE)
        self._ttl, self._spacing = ttl, ANSWER_SPACING if spacing is None else spacing
        self._holds = Holds(self._spacing)  # the fallback of this process while Redis fails
        self._connections = asyncio.Semaphore(MAX_REDIS_CONNECTIONS)
        self._failures = 0
        self._retry_at = 0.0  # while the breaker is open
        self._quiet_until = 0.0
        self._failing = False  # as last logged

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """See `order.Memory`."""
        if not entries:
            return [], 0.0
        if self._failures >= BREAKER_THRESHOLD and time.monotonic() < self._retry_at:
            metrics.memory_failures.inc()
            return [None] * len(entries), self._holds.reserve(entries)
        self._retry_at = time.monotonic() + RETRY_INTERVAL  # only one tries
        try:
            async with asyncio.timeout(REDIS_DEADLINE), self._connections:
                answer = await self._exchange(_keys(entries), self._arguments(entries, now))
            *remembered, milliseconds, forgotten = answer
            states = [_state(each) for each, _ in zip(remembered, entries, strict=True)]
            wait = min(milliseconds / 1000, MAX_HOLD)
            metrics.memory_evictions.inc(forgotten)
        except Exception as e:  # noqa: BLE001 - fails open
            self._fail(type(e).__name__)
            return [None] * len(entries), self._holds.reserve(entries)
        self._recover()
        return states, wait

    def _arguments(self, entries: Sequence[Entry], now: datetime) -> list[str | int]:
        spacing = spacing_after(len({entry.key for entry in entries}), self._spacing)
        arguments: list[str | int] = [_millis(now), self._ttl, int(spacing * 1000), int(MAX_HOLD * 1000), MAX_STATES_PER_OWNER]
        for entry in entries:
            state = entry.state
            arguments += [state.name, _millis(state.at), state.rank] if state else ["", 0, 0]
        return arguments

    def _fail(self, failure: str) -> None:
        metrics.memory_failures.inc()
        self._failures += 1
        if time.monotonic() >= self._quiet_until:
            self._failing = True
            self._quiet_until = time.monotonic() + LOG_INTERVAL
            _LOGGER.warning("the Redis of %s fails (%s): late firings may open alerts until it is back", STATE_URL, failure)

    def _recover(self) -> None:
        self._failures = 0
        if self._failing:
            self._failing = False
            _LOGGER.info("the Redis of %s answers again", STATE_URL)


def _keys(entries: Sequence[Entry]) -> list[str]:
    """Return the keys of the owner's index and of the alarms; all entries of a call have one owner."""
    return [f"{KEY_PREFIX}owner:{entries[0].owner}", *(KEY_PREFIX + entry.key for entry in entries)]


def _state(answer: Any) -> State | None:
    """Return the state in an answer, or None if it has none; raise ValueError or TypeError for a malformed one."""
    name, at, rank = answer
    if name is at is rank is None:
        return None
    if not (_STATE.fullmatch(name) and _MILLIS.fullmatch(at) and _RANK.fullmatch(rank)):
        raise ValueError("not a state")
    return State(name, EPOCH + timedelta(milliseconds=int(at)), int(rank))


def _millis(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)
