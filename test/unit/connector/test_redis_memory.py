"""The memory in Redis. No Redis runs here: a stand-in answers as the test says; test/service has a real one."""

import logging
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
import redis

from plugin.connector import redis_memory
from plugin.connector.local_memory import hashed
from plugin.connector.redis_memory import RedisMemory
from plugin.observe.metrics import REGISTRY
from plugin.ons.check.order import State
from plugin_process import free_port

AT = datetime(2026, 3, 2, 9, 15, 0, 123999, tzinfo=timezone.utc)
NOW = datetime(2026, 3, 2, 9, 16, tzinfo=timezone.utc)
ALERT = State("ALERT", AT)
NOTHING = [None, None, None]


class Redis:
    """Stands in for the client and its script: writes down the calls, and answers or raises."""

    def __init__(self):
        self.answer, self.ping_answer = NOTHING, True
        self.calls, self.pings = [], threading.Semaphore(0)

    def script(self, keys, args):
        self.calls.append((keys, args))
        return answered(self.answer)

    def ping(self):
        self.pings.release()
        return answered(self.ping_answer)


def answered(answer):
    if isinstance(answer, BaseException):
        raise answer
    return answer() if callable(answer) else answer


def made(url="redis://localhost:6379/3"):
    memory = RedisMemory(url)
    memory._client.close()
    return memory


@pytest.fixture
def server():
    return Redis()


@pytest.fixture
def memory(server, monkeypatch):
    monkeypatch.setattr(redis_memory, "PROBE_EVERY", 0.01)
    memory = made()
    memory._script, memory._client = server.script, server
    yield memory
    server.ping_answer = True
    wait_until(lambda: not memory._open)
    memory._commands.shutdown()


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]

    class Time:
        monotonic = staticmethod(lambda: now[0])
        sleep = staticmethod(time.sleep)

    monkeypatch.setattr(redis_memory, "time", Time)
    return now


def failures():
    return REGISTRY.get_sample_value("ons_webhook_memory_failures_total")


def wait_until(true, seconds=5):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_script_is_told_key_state_times_and_time_to_live(memory, server):
    memory.exchange("private", State("ALERT/CRITICAL", AT, 4), NOW)
    memory.exchange("private", State("RECOVERY", AT.astimezone(timezone(timedelta(hours=9)))), NOW)
    key = "plugin-oci-ons-mon-webhook:" + hashed("private")
    assert server.calls == [
        ([key], ["ALERT/CRITICAL", 1772442900123, 4, 1772442960000, 10800]),
        ([key], ["RECOVERY", 1772442900123, 0, 1772442960000, 10800]),
    ]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (NOTHING, None),
        (["RECOVERY", "1772442900123", "0"], State("RECOVERY", AT.replace(microsecond=123000))),
        (["ALERT/CRITICAL", "0", "4"], State("ALERT/CRITICAL", datetime(1970, 1, 1, tzinfo=timezone.utc), 4)),
        (["ALERT", "-1", "0"], State("ALERT", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=timezone.utc))),
        (["ALERT", "9" * 14, "9"], State("ALERT", datetime(5138, 11, 16, 9, 46, 39, 999000, tzinfo=timezone.utc), 9)),
    ],
)
def test_the_state_that_was_remembered_comes_back_with_its_time_in_utc(memory, server, answer, state):
    server.answer, before = answer, failures()
    assert memory.exchange("k", ALERT, NOW) == state
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
def test_an_answer_that_is_not_ours_lets_the_event_pass_and_is_counted(memory, server, answer):
    server.answer, before = answer, failures()
    assert memory.exchange("k", ALERT, NOW) is None
    assert failures() == before + 1


@pytest.mark.parametrize(
    "error",
    [
        redis.ConnectionError("private"), redis.TimeoutError("private"), redis.ResponseError("private"),
        redis.AuthenticationError("private"), ValueError("private"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "private"),
        OverflowError("private"), RecursionError("private"), KeyError("private"), RuntimeError("private"), OSError("private"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_whatever_the_client_raises_lets_the_event_pass_with_one_log_line(memory, server, caplog, error):
    server.answer, before = error, failures()
    assert memory.exchange("k", ALERT, NOW) is None
    assert failures() == before + 1
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        f"the Redis of ONS_STATE_URL fails ({type(error).__name__}): late firings may open alerts until it is back"
    )


def test_no_alarm_waits_longer_than_the_deadline(memory, server, monkeypatch):
    assert redis_memory.DEADLINE == 0.3
    monkeypatch.setattr(redis_memory, "DEADLINE", 0.05)
    free, before = threading.Event(), failures()
    server.answer = lambda: free.wait(10)
    begun = time.monotonic()
    assert memory.exchange("k", ALERT, NOW) is None
    assert 0.04 < time.monotonic() - begun < 1
    assert failures() == before + 1
    free.set()


def test_after_three_failures_every_alarm_passes_at_once_and_is_counted(memory, server):
    server.answer = server.ping_answer = redis.ConnectionError("x")
    before = failures()
    for number in range(1, 4):
        assert not memory._open
        assert memory.exchange("k", ALERT, NOW) is None
        assert len(server.calls) == number
    for _ in range(5):
        assert memory.exchange("k", ALERT, NOW) is None
    assert len(server.calls) == 3
    assert failures() == before + 8


def test_failures_count_only_one_after_another(memory, server):
    for _ in range(3):
        for _ in range(2):
            server.answer = redis.ConnectionError("x")
            memory.exchange("k", ALERT, NOW)
        server.answer = NOTHING
        memory.exchange("k", ALERT, NOW)
    assert not memory._open
    assert len(server.calls) == 9


def test_once_redis_answers_a_probe_alarms_ask_it_again(memory, server, caplog):
    server.answer = server.ping_answer = redis.ConnectionError("x")
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            memory.exchange("k", ALERT, NOW)
        for _ in range(3):
            assert server.pings.acquire(timeout=5)  # it is asked again and again
        assert memory._open
        (probe,) = [thread for thread in threading.enumerate() if thread.name == "redis-probe"]
        assert probe.daemon
        server.ping_answer, server.answer = True, ["RECOVERY", "5", "0"]
        wait_until(lambda: not memory._open)
        probe.join(5)
    assert not probe.is_alive()
    assert caplog.records[-1].getMessage() == "the Redis of ONS_STATE_URL answers again"
    memory._script = lambda keys, args: answered(redis.ConnectionError("x"))
    memory.exchange("k", ALERT, NOW)
    assert not memory._open  # it counts from the beginning
    memory._script = server.script
    assert memory.exchange("k", ALERT, NOW).name == "RECOVERY"
    assert len(server.calls) == 4


def test_the_probe_waits_before_it_asks():
    assert redis_memory.PROBE_EVERY == 2.0


def test_of_many_that_fail_at_once_one_begins_to_probe(memory, server):
    server.ping_answer = redis.ConnectionError("x")
    together = threading.Barrier(8)

    def fail():
        together.wait(5)
        raise redis.ConnectionError("x")

    server.answer = fail
    threads = [threading.Thread(target=memory.exchange, args=("k", ALERT, NOW)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory._open
    assert len([thread for thread in threading.enumerate() if thread.name == "redis-probe"]) == 1


def test_a_redis_that_fails_is_logged_once_a_minute(memory, server, clock, caplog):
    server.answer = redis.ConnectionError("x")
    with caplog.at_level(logging.WARNING):
        for seconds, lines in ((0, 1), (1, 1), (58.5, 1), (1, 2), (59.5, 2), (1, 3)):
            clock[0] += seconds
            memory._failures = 0  # the breaker is left out
            memory.exchange("k", ALERT, NOW)
            assert len(caplog.records) == lines


def test_a_redis_that_is_not_there_lets_the_event_pass(caplog):
    memory = made(f"redis://127.0.0.1:{free_port()}/0")
    assert memory.exchange("k", ALERT, NOW) is None
    assert "(ConnectionError)" in caplog.text
    memory._client.close()
    memory._commands.shutdown()


def test_each_call_is_one_try_with_limits_and_answers_are_text():
    memory = made("rediss://user:password@example.com:6380/3")
    settings = memory._client.connection_pool.connection_kwargs
    assert (settings["host"], settings["port"], settings["db"]) == ("example.com", 6380, 3)
    assert (settings["socket_timeout"], settings["socket_connect_timeout"]) == (0.2, 0.2)
    assert settings["decode_responses"] is True
    assert settings["retry"].get_retries() == 0
    assert memory._commands._max_workers == 8


@pytest.mark.parametrize("url", ["redis://private:port/0", "redis://h/0?socket_timeout=x", "redis://" + "a" * 64 + ".com/0"])
def test_a_url_that_can_never_work_is_refused_at_the_start(url):
    with pytest.raises(Exception, match=r"."):
        RedisMemory(url)
