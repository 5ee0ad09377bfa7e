"""No ghost alarms: whatever the order of deliveries, the alerts left open are those whose newest message is a firing."""

import datetime as dt
import logging
import threading
import time
import uuid

import pytest
import redis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from client import Client
from conftest import serve
from corpus.cases import FIXTURES, load
from monitoring import monitoring
from plugin.connector import memory
from plugin.connector.memory import LocalMemory
from plugin.connector.redis_memory import RedisMemory
from plugin.manager.event_manager import EventManager
from plugin.model.event import EventType
from plugin.option import Options
from standin.redis_server import redis_server

FIRING = load(FIXTURES / "alarm/firing_compute.json")
RECOVERY = load(FIXTURES / "alarm/recovery_compute.json")
START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.timezone.utc)
TYPES = {"OK_TO_FIRING": "ALERT", "REPEAT": "ALERT", "FIRING_TO_OK": "RECOVERY", "RESET": "RECOVERY"}


MADE = []


def redis_memory(url):
    MADE.append(RedisMemory(url))
    return MADE[-1]


@pytest.fixture(autouse=True)
def _closed():
    """No connection is left to the garbage collector, which would warn of it at a time of its own."""
    yield
    while MADE:
        MADE.pop()._exchange.registered_client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as redis_:
        yield redis_


@pytest.fixture(params=["local", "redis"])
def make_memory(request, server):
    if request.param == "redis":
        return lambda: redis_memory(server.url)
    return LocalMemory


def message(key, kind, minute):
    at = (START + dt.timedelta(minutes=minute)).isoformat()
    return FIRING | {"dedupeKey": key, "type": kind, "timestamp": at}


class Deliveries(RuleBasedStateMachine):
    """Alarms send messages at rising times; they are delivered in any order and any number of times; the platform keeps alerts."""

    make_memory = LocalMemory

    def __init__(self):
        super().__init__()
        self.manager = EventManager(Options(), type(self).make_memory())
        self.run = uuid.uuid4().hex
        self.sent = []
        self.delivered = {}
        self.open = set()

    @rule(alarm=st.integers(0, 2), kind=st.sampled_from(list(TYPES)))
    def send(self, alarm, kind):
        self.sent.append((f"{self.run}-{alarm}", kind, len(self.sent)))

    @rule(data=st.data())
    def deliver(self, data):
        if not self.sent:
            return
        key, kind, minute = data.draw(st.sampled_from(self.sent))
        events = self.manager.parse({}, message(key, kind, minute))
        newest_recovery = max((m for m, k in self.delivered.get(key, ()) if TYPES[k] == "RECOVERY"), default=-1)
        if TYPES[kind] == "ALERT" and minute > newest_recovery:
            assert events, "a firing newer than the last recovery was dropped"
        self.delivered.setdefault(key, set()).add((minute, kind))
        for event in events:
            (self.open.add if event["event_type"] == "ALERT" else self.open.discard)(event["event_key"])

    @invariant()
    def open_are_those_whose_newest_message_is_a_firing(self):
        assert self.open == {key for key, seen in self.delivered.items() if TYPES[max(seen)[1]] == "ALERT"}


def test_any_order_and_repetition_leaves_open_what_fires(make_memory):
    Deliveries.make_memory = staticmethod(make_memory)
    run_state_machine_as_test(Deliveries, settings=settings(max_examples=150, stateful_step_count=30, deadline=None))


def test_a_firing_delivered_again_after_its_recovery_is_silent_and_a_new_one_is_not(make_memory):
    manager, key = EventManager(Options(), make_memory()), uuid.uuid4().hex
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0))
    assert manager.parse({}, message(key, "FIRING_TO_OK", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0)) == []
    assert manager.parse({}, message(key, "OK_TO_FIRING", 6))


def test_a_firing_of_the_very_time_of_the_recovery_passes(make_memory):
    manager, key = EventManager(Options(), make_memory()), uuid.uuid4().hex
    manager.parse({}, message(key, "FIRING_TO_OK", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 5))


def test_a_message_without_a_readable_time_passes(make_memory):
    manager, key = EventManager(Options(), make_memory()), uuid.uuid4().hex
    manager.parse({}, message(key, "FIRING_TO_OK", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0) | {"timestamp": "soon", "timestampEpochMillis": None})


def test_a_recovery_of_the_future_silences_nothing(make_memory):
    manager, key = EventManager(Options(), make_memory(), lambda zone: START), uuid.uuid4().hex
    assert manager.parse({}, message(key, "FIRING_TO_OK", 60 * 24))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0))


def test_of_two_that_come_at_once_the_newer_time_is_never_lost(make_memory):
    first, second, key = make_memory(), make_memory(), uuid.uuid4().hex
    if isinstance(first, LocalMemory):
        second = first

    def tell(mine, minutes):
        for minute in minutes:
            mine.newest_other(key, EventType.RECOVERY, START + dt.timedelta(minutes=minute))

    threads = [
        threading.Thread(target=tell, args=(mine, range(i, 400, 2))) for i, mine in enumerate((first, second)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.newest_other(key, EventType.ALERT, START) == START + dt.timedelta(minutes=399)


def test_the_memory_in_the_process_is_bounded_in_number_and_time(monkeypatch):
    monkeypatch.setattr(memory, "MOST_KEYS", 10)
    local = LocalMemory()
    for number in range(100):
        local.newest_other(str(number), EventType.RECOVERY, START)
    assert len(local._newest) == 10
    assert local._newest.ttl == 3 * 60 * 60


def test_redis_holds_no_tenant_data_and_forgets_after_three_hours(server):
    key = "ocid1.alarm.oc1.iad.tenant"
    redis_memory(server.url).newest_other(key, EventType.RECOVERY, START)
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        names = client.keys()
        assert names and "tenant" not in str([(name, client.hgetall(name)) for name in names])
        assert all(0 < client.ttl(name) <= 3 * 60 * 60 for name in names)


def test_one_round_trip_an_event(server):
    mine = redis_memory(server.url)
    mine.newest_other("warm", EventType.ALERT, START)
    with redis.Redis.from_url(server.url) as client:
        before = client.info("stats")["total_commands_processed"]
        for _ in range(10):
            mine.newest_other("key", EventType.ALERT, START)
        # within the script each command counts as well: EVALSHA, HGET, HSET (the first time), EXPIRE, HGET
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] >= 10
        assert client.info("stats")["total_commands_processed"] - before <= 10 * 5 + 2


def test_with_redis_killed_every_message_passes_with_one_log_line_and_it_comes_back(tmp_path, caplog):
    with redis_server(tmp_path) as mine:
        manager, key = EventManager(Options(), redis_memory(mine.url)), uuid.uuid4().hex
        manager.parse({}, message(key, "FIRING_TO_OK", 5))
        mine.kill()
        start = time.monotonic()
        with caplog.at_level(logging.WARNING):
            assert all(manager.parse({}, message(key, "OK_TO_FIRING", 0)) for _ in range(20))
        assert time.monotonic() - start < 20 * 0.4
        assert len([record for record in caplog.records if "Redis" in record.message]) == 1
        mine.start()
        manager.parse({}, message(key, "FIRING_TO_OK", 5))
        assert manager.parse({}, message(key, "OK_TO_FIRING", 0)) == []


def test_a_redis_that_hangs_costs_little_and_lets_pass(tmp_path):
    with redis_server(tmp_path) as mine:
        manager = EventManager(Options(), redis_memory(mine.url))
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
        assert "silent kind=alarm reason=older_than_recovery" in one.logged()


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379", "redis://host:port/0", "unix:///x"])
def test_a_bad_url_stops_the_plugin_by_the_name_of_its_variable(url):
    with pytest.raises(memory.ERROR_ENVIRONMENT) as caught:
        memory.from_environment({"ONS_STATE_URL": url})
    assert "ONS_STATE_URL" in caught.value.message
    assert url not in caught.value.message


def test_through_the_platform_an_old_firing_after_the_recovery_leaves_one_resolved_alert(served):
    key = {"dedupeKey": uuid.uuid4().hex}
    with monitoring(served.target) as platform:
        for body in (FIRING, RECOVERY, FIRING):
            assert platform.post(body=body | key) == 200
        assert [alert["state"] for alert in platform.alerts()] == ["RESOLVED"]
