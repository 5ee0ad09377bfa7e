"""The memory in Redis. No Redis runs here: a stand-in answers as the test says; test/service has a real one."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
import redis

from plugin.connector import redis_memory
from plugin.connector.redis_memory import RedisMemory
from plugin.observe.metrics import REGISTRY
from plugin.ons.check.order import Entry, State
from plugin_process import free_port

AT = datetime(2026, 3, 2, 9, 15, 0, 123999, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 9, 16, tzinfo=UTC)
ALERT = State("ALERT", AT)
NOTHING = [None, None, None]


class Script:
    """Stands in for the script in Redis: writes down the calls, and answers or raises."""

    def __init__(self):
        self.answer, self.calls = [NOTHING, 0, 0], []

    async def __call__(self, keys, arguments):
        self.calls.append((keys, arguments))
        if isinstance(self.answer, BaseException):
            raise self.answer
        if callable(self.answer):
            return await self.answer()
        return self.answer


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def memory(script):
    memory = RedisMemory("redis://localhost:6379/3")
    memory._exchange = script
    return memory


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]

    class Time:
        monotonic = staticmethod(lambda: now[0])

    monkeypatch.setattr(redis_memory, "time", Time)
    return now


def exchange(memory, *entries):
    return asyncio.run(memory.exchange(entries or [Entry("", "k", ALERT)], NOW))


def passes(memory):
    return exchange(memory)[0] == [None]


def failures():
    return REGISTRY.get_sample_value("ons_webhook_memory_failures_total")


def test_the_script_is_told_keys_states_times_and_limits_in_one_call(memory, script):
    script.answer = [NOTHING, NOTHING, 0, 0]
    other = State("RECOVERY", AT.astimezone(timezone(timedelta(hours=9))))
    exchange(memory, Entry("o", "a", State("ALERT/CRITICAL", AT, 4)), Entry("o", "b", None))
    exchange(memory, Entry("o", "a", other), Entry("o", "b", None))
    keys = ["{plugin-oci-ons-mon-webhook}:" + each for each in ("owner:o", "a", "b")]
    assert script.calls == [
        (keys, [1772442960000, 10800, 550, 2000, 40000, "ALERT/CRITICAL", 1772442900123, 4, "", 0, 0]),
        (keys, [1772442960000, 10800, 550, 2000, 40000, "RECOVERY", 1772442900123, 0, "", 0, 0]),
    ]


def test_nothing_is_asked_for_nothing(memory, script):
    assert asyncio.run(memory.exchange([], NOW)) == ([], 0.0)
    assert script.calls == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (NOTHING, None),
        (["RECOVERY", "1772442900123", "0"], State("RECOVERY", AT.replace(microsecond=123000))),
        (["ALERT/CRITICAL", "0", "4"], State("ALERT/CRITICAL", datetime(1970, 1, 1, tzinfo=UTC), 4)),
        (["ALERT", "-1", "0"], State("ALERT", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC))),
        (["ALERT", "9" * 14, "9"], State("ALERT", datetime(5138, 11, 16, 9, 46, 39, 999000, tzinfo=UTC), 9)),
    ],
)
def test_the_state_that_was_remembered_comes_back_with_its_time_in_utc(memory, script, answer, state):
    script.answer, before = [answer, 1500, 0], failures()
    assert exchange(memory) == ([state], 1.5)
    assert failures() == before


@pytest.mark.parametrize(
    "answer",
    [
        None, 7, True, "", "OK", "abc", b"ALERT", [], ["ALERT", "1"], ["ALERT", "1", "0", "0"], {}, {"state": "ALERT"},
        ["ALERT", None, None], [None, "1", "0"], ["ALERT", "1", None], [False] * 3, ["ALERT", 1772442900123, "0"],
        [b"ALERT", b"1", b"0"], [["ALERT"], "1", "0"], ["ALERT", "1", 0],
        ["ALERT", "abc", "0"], ["ALERT", "nan", "0"], ["ALERT", "1e3", "0"], ["ALERT", "1.5", "0"], ["ALERT", " 1", "0"],
        ["ALERT", "1\n", "0"], ["ALERT", "", "0"], ["ALERT", "9" * 15, "0"], ["ALERT", "9" * 30, "0"],
        ["ALERT", "-" + "9" * 15, "0"], ["ALERT", "--1", "0"], ["ALERT", "١", "0"],
        ["", "1", "0"], ["alert", "1", "0"], ["ALERT\n", "1", "0"], ["ALERT/", "1", "0"], ["/ALERT", "1", "0"],
        ["A" * 21, "1", "0"], ["ALERT " * 9, "1", "0"], ["ALERT", "1", ""], ["ALERT", "1", "10"], ["ALERT", "1", "-1"],
        ["ALERT", "1", "0\n"], ["ALERT", "1", "x"],
    ],
    ids=repr,
)  # fmt: skip
def test_an_answer_that_is_not_ours_lets_the_event_pass_and_is_counted(memory, script, answer):
    for whole in ([answer, 0, 0], answer):
        script.answer, before = whole, failures()
        assert passes(memory)
        assert failures() == before + 1


@pytest.mark.parametrize(
    "error",
    [
        redis.ConnectionError("private"), redis.TimeoutError("private"), redis.ResponseError("private"),
        redis.ReadOnlyError("private"), redis.OutOfMemoryError("private"), redis.exceptions.NoPermissionError("private"),
        redis.AuthenticationError("private"), redis.exceptions.ClusterDownError("CLUSTERDOWN"),
        redis.exceptions.NoScriptError("private"), redis.BusyLoadingError("private"), ValueError("private"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "private"),
        OverflowError("private"), RecursionError("private"), KeyError("private"), RuntimeError("private"), OSError("private"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_whatever_the_client_raises_lets_the_event_pass_with_one_log_line(memory, script, caplog, error):
    script.answer, before = error, failures()
    assert passes(memory)
    assert failures() == before + 1
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        f"the Redis of ONS_STATE_URL fails ({type(error).__name__}): late firings may open alerts until it is back"
    )


def test_no_alarm_waits_longer_than_the_deadline(memory, script, monkeypatch):
    assert redis_memory.REDIS_DEADLINE == 0.3
    monkeypatch.setattr(redis_memory, "REDIS_DEADLINE", 0.05)
    script.answer, before = lambda: asyncio.sleep(10), failures()
    begun = time.monotonic()
    assert passes(memory)
    assert time.monotonic() - begun < 2
    assert failures() == before + 1


def test_after_three_failures_alarms_pass_at_once_and_one_in_two_seconds_tries(memory, script, clock):
    script.answer, before = redis.ReadOnlyError("x"), failures()
    for number in (1, 2, 3):
        assert passes(memory) and len(script.calls) == number
    for _ in range(5):
        assert passes(memory) and len(script.calls) == 3
    assert failures() == before + 8
    clock[0] += 2.1
    for _ in range(5):
        assert passes(memory) and len(script.calls) == 4


def test_without_redis_the_process_itself_keeps_events_apart(memory, script):
    script.answer = redis.ReadOnlyError("x")
    waits = [exchange(memory)[1] for _ in range(5)]
    assert waits == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0], abs=0.3)


def test_redis_answers_again_only_after_an_exchange_that_worked(memory, script, clock, caplog):
    script.answer = redis.ReadOnlyError("x")
    caplog.set_level(logging.INFO)
    for _ in range(10):
        passes(memory)
        clock[0] += 2.1
    script.answer = [["RECOVERY", "5", "0"], 0, 0]
    assert exchange(memory)[0][0].name == "RECOVERY"
    assert [record.getMessage().partition("ONS_STATE_URL ")[2] for record in caplog.records] == [
        "fails (ReadOnlyError): late firings may open alerts until it is back",
        "answers again",
    ]
    script.answer = redis.ConnectionError("x")
    passes(memory)
    script.answer = [NOTHING, 0, 0]
    calls = len(script.calls)
    passes(memory)
    assert len(script.calls) == calls + 1, "failures count from the beginning"


def test_a_redis_that_fails_is_logged_once_a_minute(memory, script, clock, caplog):
    script.answer = redis.ConnectionError("x")
    with caplog.at_level(logging.WARNING):
        for seconds, lines in ((0, 1), (3, 1), (56.5, 1), (3, 2), (57.5, 2), (3, 3)):
            clock[0] += seconds
            passes(memory)
            assert len(caplog.records) == lines


def test_a_redis_that_fails_now_and_then_has_two_lines_a_minute(memory, script, clock, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(20):
        for script.answer in (redis.ResponseError("WRONGTYPE"), [NOTHING, 0, 0]):
            exchange(memory)
        clock[0] += 1
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_redis_that_is_not_there_lets_the_event_pass(caplog):
    assert passes(RedisMemory(f"redis://127.0.0.1:{free_port()}/0"))
    assert "(ConnectionError)" in caplog.text


def test_each_call_is_one_try_with_limits_and_answers_are_text():
    memory = RedisMemory("rediss://user:password@example.com:6380/3")
    settings = memory._client.connection_pool.connection_kwargs
    assert (settings["host"], settings["port"], settings["db"]) == ("example.com", 6380, 3)
    assert (settings["socket_timeout"], settings["socket_connect_timeout"]) == (0.3, 0.3)
    assert settings["decode_responses"] is True
    assert settings["retry"].get_retries() == 0


@pytest.mark.parametrize("url", ["redis://private:port/0", "redis://h/0?socket_timeout=x", "redis://" + "a" * 64 + ".com/0"])
def test_a_url_that_can_never_work_is_refused_at_the_start(url):
    with pytest.raises(Exception, match=r"."):
        RedisMemory(url)
