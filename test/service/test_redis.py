"""Replicas share what they remember in a real Redis, and no alarm waits for one that fails."""

import asyncio
import datetime as dt
import json
import logging
import time
import uuid

import pytest
import redis

from client import Client
from corpus.cases import Plugin
from deliveries import START, message, run_deliveries, run_forgeries
from plugin import app
from plugin.connector import redis_memory as redis_memory_module
from plugin.connector.redis_memory import RedisMemory
from plugin.error import ERROR_ENVIRONMENT
from plugin.observe.metrics import REGISTRY
from plugin.ons.check.order import Entry, State
from plugin.setting import process
from plugin_process import serve
from standin.redis_memory import Shared
from standin.redis_server import redis_server
from standin.slow_link import slow_link

NOW = START + dt.timedelta(days=1)


def redis_memory(url):
    return Shared(url)


def exchange(memory, key, state):
    (newest,), _ = asyncio.run(memory.exchange([Entry("", key, state)], NOW))
    return newest


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as redis_:
        yield redis_


@pytest.mark.parametrize("escalation", ["join", "separate"])
def test_any_order_and_repetition_leaves_open_what_fires(server, escalation):
    memory = redis_memory(server.url)  # each run has keys of its own
    run_deliveries(lambda: memory, escalation, examples=30)


def test_unsigned_messages_never_hide_signed_ones(server):
    memory = redis_memory(server.url)
    run_forgeries(lambda: memory, examples=15)


def test_a_firing_after_its_recovery_is_ignored_and_a_new_one_is_not(server):
    manager, key = Plugin(redis_memory(server.url)), uuid.uuid4().hex
    assert manager.parse({}, message(key, "FIRING_TO_OK", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0)) == []
    assert manager.parse({}, message(key, "OK_TO_FIRING", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 6))


def test_of_two_that_come_at_once_the_newer_time_is_never_lost(server):
    key = uuid.uuid4().hex

    async def tell(memory, minutes):
        for minute in minutes:
            await memory.exchange([Entry("", key, State("RECOVERY", START + dt.timedelta(minutes=minute)))], NOW)

    async def run():
        memories = [RedisMemory(server.url, spacing=0.0) for _ in range(2)]
        await asyncio.gather(*(tell(memory, range(i, 400, 2)) for i, memory in enumerate(memories) for _ in range(2)))
        for memory in memories:
            await memory._client.aclose()

    asyncio.run(run())
    assert exchange(redis_memory(server.url), key, State("ALERT", START)) == State(
        "RECOVERY", START + dt.timedelta(minutes=399)
    )


def test_redis_holds_no_tenant_data_and_forgets_after_three_hours(server):
    with client_of(server) as client:
        client.flushall()
        Plugin(redis_memory(server.url)).parse({}, message("ocid1.alarm.oc1.iad.tenant", "FIRING_TO_OK", 0))
        names = client.keys()
        assert {client.type(name) for name in names} == {"hash", "zset"} and "tenant" not in str(names)
        assert "tenant" not in str([client.hgetall(name) for name in names if client.type(name) == "hash"])
        assert "tenant" not in str([client.zrange(name, 0, -1) for name in names if client.type(name) == "zset"])
        assert all(0 < client.ttl(name) <= 3 * 60 * 60 for name in names)


def test_one_round_trip_whatever_the_number_of_events(server):
    async def run():
        memory = RedisMemory(server.url, spacing=0.0)
        await memory.exchange([Entry("", "warm", State("ALERT", START))], NOW)
        with client_of(server) as client:
            before = client.info("commandstats")["cmdstat_evalsha"]["calls"]
            entries = [Entry("", f"key {number}", State("ALERT", START)) for number in range(1000)]
            newest, _ = await memory.exchange(entries, NOW)
            calls = client.info("commandstats")["cmdstat_evalsha"]["calls"] - before
        await memory._client.aclose()
        return newest, calls

    newest, calls = asyncio.run(run())
    assert (newest, calls) == ([None] * 1000, 1)


def test_who_sends_too_many_alarms_makes_it_forget_his_own(server, monkeypatch):
    monkeypatch.setattr(redis_memory_module, "MAX_STATES_PER_OWNER", 100)
    before = evictions()

    def told(owner, numbers):
        return [Entry(owner, f"{owner} {number}", State("RECOVERY", START)) for number in numbers]

    async def run():
        memory = RedisMemory(server.url, spacing=0.0)
        await memory.exchange(told("quiet", range(50)), NOW)
        for first in range(0, 1000, 250):
            await memory.exchange(told("loud", range(first, first + 250)), NOW)
        quiet, _ = await memory.exchange(told("quiet", range(50)), NOW)
        loud, _ = await memory.exchange(told("loud", range(900, 1000)), NOW)
        await memory._client.aclose()
        return quiet, loud

    quiet, loud = asyncio.run(run())
    assert all(quiet) and all(loud)
    with client_of(server) as client:
        assert len(client.keys("*loud [0-9]*")) == 100 and client.zcard(f"{redis_memory_module.KEY_PREFIX}owner:loud") == 100
        assert client.ttl(f"{redis_memory_module.KEY_PREFIX}owner:loud") > 0
    assert evictions() - before == 900


def evictions():
    return REGISTRY.get_sample_value("ons_webhook_memory_evictions_total")


def test_two_events_of_one_key_are_kept_apart_across_replicas(server):
    key = uuid.uuid4().hex

    async def run():
        memories = [RedisMemory(server.url) for _ in range(2)]
        waits = [(await memory.exchange([Entry("", key, None), Entry("", key, None)], NOW))[1] for memory in memories * 4]
        for memory in memories:
            await memory._client.aclose()
        return waits

    waits = asyncio.run(run())
    assert waits[0] == 0.0 and max(waits) <= 2.0
    assert [round(wait * 2) / 2 for wait in waits] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "command", [("REPLICAOF", "127.0.0.1", "1"), ("CONFIG", "SET", "maxmemory", "1")], ids=["READONLY", "OOM"]
)
def test_a_read_only_redis_fails_open_with_one_log_line(tmp_path, caplog, command):
    caplog.set_level(logging.INFO, "plugin.connector")
    with redis_server(tmp_path) as mine, client_of(mine) as client:
        client.execute_command(*command)
        plugin, key = Plugin(redis_memory(mine.url)), uuid.uuid4().hex
        assert all(plugin.parse({}, message(key, "FIRING_TO_OK", 5)) for _ in range(20))
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        client.execute_command("REPLICAOF", "NO", "ONE")
        client.execute_command("CONFIG", "SET", "maxmemory", "0")
        time.sleep(2.1)
        plugin.parse({}, message(key, "FIRING_TO_OK", 5))
        assert plugin.parse({}, message(key, "OK_TO_FIRING", 0)) == []
        assert caplog.records[-1].getMessage().endswith("answers again")


def test_a_redis_that_answers_in_150_ms_is_used(server):
    key, before = uuid.uuid4().hex, failures()

    async def run():
        async with slow_link(server.port, 0.15) as port:
            memory = RedisMemory(f"redis://127.0.0.1:{port}/0", spacing=0.0)
            for _ in range(3):
                newest, _ = await memory.exchange([Entry("", key, State("ALERT", START))], NOW)
            await memory._client.aclose()
        return newest

    assert asyncio.run(run()) == [State("ALERT", START)]
    assert failures() - before <= 1, "the first finds no script there"


@pytest.mark.slow
def test_with_a_redis_that_answers_in_150_ms_batches_keep_no_large_alarm_waiting(server):
    """Everything runs on one event loop, the network between plugin and Redis too."""

    def batch():
        records = [{"title": "t", "dedupeKey": uuid.uuid4().hex, "timestamp": START.isoformat()} for _ in range(1000)]
        return {"type": "Notification", "message": json.dumps(records)}

    async def seconds(manager, body):
        start = time.monotonic()
        assert await manager.parse({}, body, heavy=True)
        return time.monotonic() - start

    async def run():
        async with slow_link(server.port, 0.15) as port:
            memory = RedisMemory(f"redis://127.0.0.1:{port}/0")
            manager = Plugin(memory).manager
            await manager.parse({}, message(uuid.uuid4().hex, "OK_TO_FIRING", 0))
            batches = [asyncio.ensure_future(seconds(manager, batch())) for _ in range(4)]
            alarms = []
            while not all(each.done() for each in batches):
                large = message(uuid.uuid4().hex, "OK_TO_FIRING", 0) | {"body": "x" * 20_000}
                alarms.append(await seconds(manager, large))
            await memory._client.aclose()
            return alarms

    alarms = asyncio.run(run())
    print(sorted(alarms))
    assert max(alarms) < 1


def failures():
    return REGISTRY.get_sample_value("ons_webhook_memory_failures_total")


def client_of(server):
    return redis.Redis.from_url(server.url, decode_responses=True)


def test_with_redis_killed_every_message_passes_with_one_log_line_and_it_comes_back(tmp_path, caplog):
    with redis_server(tmp_path) as mine:
        manager, key = Plugin(redis_memory(mine.url)), uuid.uuid4().hex
        manager.parse({}, message(key, "FIRING_TO_OK", 5))
        mine.kill()
        start = time.monotonic()
        with caplog.at_level(logging.WARNING):
            assert all(manager.parse({}, message(key, "OK_TO_FIRING", 0)) for _ in range(20))
        assert time.monotonic() - start < 20 * 0.4
        assert len([record for record in caplog.records if "Redis" in record.message]) == 1
        mine.start()
        end = time.monotonic() + 10
        while time.monotonic() < end:  # it is asked in the background whether it answers again
            manager.parse({}, message(key, "FIRING_TO_OK", 5))
            if manager.parse({}, message(key, "OK_TO_FIRING", 0)) == []:
                return
            time.sleep(0.1)
        raise AssertionError("the memory in Redis was not used again")


def test_a_redis_that_hangs_costs_little_and_lets_pass(tmp_path):
    with redis_server(tmp_path) as mine:
        manager = Plugin(redis_memory(mine.url))
        manager.parse({}, message("k", "FIRING_TO_OK", 5))
        with redis.Redis.from_url(mine.url) as client:
            client.execute_command("CLIENT", "PAUSE", "3000")
        start = time.monotonic()
        assert manager.parse({}, message("k", "OK_TO_FIRING", 0))
        assert time.monotonic() - start < 1


def test_two_plugins_share_one_redis(tmp_path, server):
    environment = {"ONS_STATE_URL": server.url}
    with serve(tmp_path / "one", environment) as one, serve(tmp_path / "two", environment) as two:
        with Client(one.target) as first, Client(two.target) as second:
            key = uuid.uuid4().hex
            assert first.parse(message(key, "OK_TO_FIRING", 0))
            assert second.parse(message(key, "FIRING_TO_OK", 5))
            assert first.parse(message(key, "OK_TO_FIRING", 0)) == []
            assert first.parse(message(key, "OK_TO_FIRING", 7))
            assert second.parse(message(key, "FIRING_TO_OK", 5)) == []
        assert "ignored kind=alarm reason=older_than_recovery" in one.logged()


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1", "127.0.0.1:6379", "redis://host:port/0", "unix:///x", "redis:///0", "redis://:12/34@host:6379/0"],
)
def test_a_bad_url_is_refused_by_the_name_of_its_variable(url):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        app.memory(process.from_environment({"ONS_STATE_URL": url}))
    assert "ONS_STATE_URL" in caught.value.message
    assert url not in caught.value.message
