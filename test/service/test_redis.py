"""Replicas share what they remember in a real Redis, and no alarm waits for one that fails."""

import datetime as dt
import logging
import threading
import time
import uuid

import pytest
import redis

from client import Client
from deliveries import START, manager_with, message, run_deliveries, run_forgeries
from plugin.app import wiring
from plugin.connector.redis_memory import RedisMemory
from plugin.error import ERROR_ENVIRONMENT
from plugin.ons.check.order import State
from plugin.setting import process
from plugin_process import serve
from standin.redis_server import redis_server

NOW = START + dt.timedelta(days=1)
MADE = []


def redis_memory(url):
    MADE.append(RedisMemory(url))
    return MADE[-1]


@pytest.fixture(autouse=True)
def _closed():
    """No connection is left to the garbage collector, which would warn of it at a time of its own."""
    yield
    while MADE:
        MADE.pop()._client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as redis_:
        yield redis_


@pytest.mark.parametrize("escalation", ["join", "separate"])
def test_any_order_and_repetition_leaves_open_what_fires(server, escalation):
    memory = redis_memory(server.url)  # each run has keys of its own
    run_deliveries(lambda: memory, 100, escalation)


def test_unsigned_messages_never_hide_signed_ones(server):
    memory = redis_memory(server.url)
    run_forgeries(lambda: memory, examples=50)


def test_a_firing_after_its_recovery_is_ignored_and_a_new_one_is_not(server):
    manager, key = manager_with(redis_memory(server.url)), uuid.uuid4().hex
    assert manager.parse({}, message(key, "FIRING_TO_OK", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0)) == []
    assert manager.parse({}, message(key, "OK_TO_FIRING", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 6))


def test_of_two_that_come_at_once_the_newer_time_is_never_lost(server):
    first, second, key = redis_memory(server.url), redis_memory(server.url), uuid.uuid4().hex

    def tell(memory, minutes):
        for minute in minutes:
            memory.exchange(key, State("RECOVERY", START + dt.timedelta(minutes=minute)), NOW)

    threads = [
        threading.Thread(target=tell, args=(memory, range(i, 400, 2)))
        for i, memory in enumerate((first, second))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.exchange(key, State("ALERT", START), NOW) == State("RECOVERY", START + dt.timedelta(minutes=399))


def test_redis_holds_no_tenant_data_and_forgets_after_three_hours(server):
    key = "ocid1.alarm.oc1.iad.tenant"
    redis_memory(server.url).exchange(key, State("RECOVERY", START), NOW)
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        names = client.keys()
        assert names and "tenant" not in str([(name, client.hgetall(name)) for name in names])
        assert all(0 < client.ttl(name) <= 3 * 60 * 60 for name in names)


def test_one_round_trip_an_event(server):
    mine = redis_memory(server.url)
    mine.exchange("warm", State("ALERT", START), NOW)
    with redis.Redis.from_url(server.url) as client:
        before = client.info("stats")["total_commands_processed"]
        for _ in range(10):
            mine.exchange("key", State("ALERT", START), NOW)
        # within the script each command counts as well: EVALSHA, HMGET, HSET, EXPIRE
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] >= 10
        assert client.info("stats")["total_commands_processed"] - before <= 10 * 4 + 2


def test_with_redis_killed_every_message_passes_with_one_log_line_and_it_comes_back(tmp_path, caplog):
    with redis_server(tmp_path) as mine:
        manager, key = manager_with(redis_memory(mine.url)), uuid.uuid4().hex
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
        manager = manager_with(redis_memory(mine.url))
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
        wiring.memory(process.from_environment({"ONS_STATE_URL": url}).state_url)
    assert "ONS_STATE_URL" in caught.value.message
    assert url not in caught.value.message
