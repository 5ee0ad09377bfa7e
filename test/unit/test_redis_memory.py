"""The memory in Redis. No Redis runs here: its script is a stand-in that answers as the test says; test/service has a real one."""

import logging
from datetime import datetime, timedelta, timezone

import pytest
import redis

from plugin.connector import redis_memory
from plugin.connector.local_memory import hashed
from plugin.connector.redis_memory import RedisMemory
from plugin.model.event import EventType
from standin.plugin_process import free_port

ALERT, RECOVERY = EventType.ALERT, EventType.RECOVERY
AT = datetime(2026, 3, 2, 9, 15, 0, 123999, tzinfo=timezone.utc)


class Script:
    """Stands in for the registered script: writes down its calls, and answers or raises."""

    def __init__(self, answer=None):
        self.answer, self.calls = answer, []

    def __call__(self, keys, args):
        self.calls.append((keys, args))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def memory():
    memory = RedisMemory("redis://localhost:6379/3")
    memory._exchange.registered_client.close()
    memory._exchange = Script()
    return memory


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]

    class Time:
        monotonic = staticmethod(lambda: now[0])

    monkeypatch.setattr(redis_memory, "time", Time)
    return now


def test_the_script_is_told_key_type_milliseconds_opposite_and_time_to_live(memory):
    memory.exchange("private", ALERT, AT)
    memory.exchange("private", RECOVERY, AT.astimezone(timezone(timedelta(hours=9))))
    key = "plugin-oci-ons-mon-webhook:" + hashed("private")
    assert memory._exchange.calls == [
        ([key], ["ALERT", 1772442900123, "RECOVERY", 10800]),
        ([key], ["RECOVERY", 1772442900123, "ALERT", 10800]),
    ]


def test_milliseconds_come_back_as_a_time_in_utc(memory):
    memory._exchange.answer = "1772442900123"
    assert memory.exchange("k", ALERT, AT) == AT.replace(microsecond=123000)
    memory._exchange.answer = "-1"
    assert memory.exchange("k", ALERT, AT) == datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=timezone.utc)


@pytest.mark.parametrize("answer", [None, 7, [], b"1772442900123", True])
def test_an_answer_that_is_no_text_lets_the_event_pass(memory, answer):
    memory._exchange.answer = answer
    assert memory.exchange("k", ALERT, AT) is None


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (redis.ConnectionError("private"), "ConnectionError"),
        (redis.TimeoutError("private"), "TimeoutError"),
        (redis.ResponseError("private"), "ResponseError"),
    ],
)
def test_a_redis_that_fails_lets_the_event_pass_with_one_log_line(memory, caplog, error, name):
    memory._exchange.answer = error
    assert memory.exchange("k", ALERT, AT) is None
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (f"the Redis of ONS_STATE_URL fails ({name}): late firings may open alerts until it is back")


def test_a_redis_that_fails_is_told_once_a_minute(memory, clock, caplog):
    memory._exchange.answer = redis.ConnectionError("x")
    with caplog.at_level(logging.WARNING):
        for seconds, lines in ((0, 1), (1, 1), (58.5, 1), (1, 2), (59.5, 2), (1, 3)):
            clock[0] += seconds
            memory.exchange("k", ALERT, AT)
            assert len(caplog.records) == lines


def test_a_redis_that_is_not_there_costs_a_fifth_of_a_second_at_most(caplog):
    memory = RedisMemory(f"redis://127.0.0.1:{free_port()}/0")
    assert memory.exchange("k", ALERT, AT) is None
    assert "(ConnectionError)" in caplog.text
    memory._exchange.registered_client.close()


def test_each_call_is_one_try_with_limits_and_answers_are_text():
    memory = RedisMemory("rediss://user:password@example.com:6380/3")
    client = memory._exchange.registered_client
    settings = client.connection_pool.connection_kwargs
    assert (settings["host"], settings["port"], settings["db"]) == ("example.com", 6380, 3)
    assert (settings["socket_timeout"], settings["socket_connect_timeout"]) == (0.2, 0.2)
    assert settings["decode_responses"] is True
    assert settings["retry"].get_retries() == 0
    client.close()
