"""Log lines to the letter, for people and as JSON."""

import hashlib
import json
import logging
import os
import threading
import time

import pytest

from plugin.observe import log
from plugin.observe.log import (
    FIELDS,
    JsonFormatter,
    QueueHandler,
    TextFormatter,
    drain,
    fields,
    framework_configuration,
    short_hash,
)
from plugin.observe.metrics import REGISTRY
from plugin.setting.process import ProcessSettings


def record(message="event", *arguments, at=1772442900.1239, **values):
    made = logging.LogRecord("plugin.manager", logging.WARNING, __file__, 1, message, arguments, None)
    made.created, made.msecs = at, (at % 1) * 1000
    if values:
        setattr(made, FIELDS, values)
    return made


def test_a_line_for_people_has_time_level_logger_message_and_fields():
    line = TextFormatter().format(record(kind="alarm", ms=0.25))
    assert line == "2026-03-02T09:15:00.123Z WARNING plugin.manager event kind=alarm ms=0.25"


def test_a_line_for_people_needs_no_fields():
    line = TextFormatter().format(record("refused: %s", "why", at=1772442959.0))
    assert line == "2026-03-02T09:15:59.000Z WARNING plugin.manager refused: why"


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_an_error_that_a_library_logs_is_told_by_type_and_place_alone(formatter):
    try:
        raise ValueError("SECRET")
    except ValueError as e:
        made = logging.LogRecord(
            "uvicorn.error", logging.ERROR, "", 0, "Exception in app\n", None, (type(e), e, e.__traceback__)
        )
    line = formatter.format(made)
    assert f"Exception in app: ValueError at {__file__}:" in line
    assert "SECRET" not in line and "\n" not in line


def test_a_line_for_machines_is_one_json_object():
    line = JsonFormatter().format(record("%s 한글", "a", kind="alarm", ms=0.25))
    assert line == (
        '{"time": "2026-03-02T09:15:00.123Z", "level": "WARNING", "logger": "plugin.manager", "message": "a 한글", '
        '"kind": "alarm", "ms": 0.25}'
    )
    assert json.loads(JsonFormatter().format(record("two\nlines")))["message"] == "two\nlines"


def test_a_field_that_json_does_not_know_is_written_as_text():
    assert json.loads(JsonFormatter().format(record(error=ValueError("x"))))["error"] == "x"


def test_the_time_is_the_records_own_each_time():
    formatter = TextFormatter()
    times = [formatter.format(record(at=at)).partition(" ")[0] for at in (0.0, 1.0071, 1.999, 0.5)]
    assert times == [
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:01.007Z",
        "1970-01-01T00:00:01.999Z",
        "1970-01-01T00:00:00.500Z",
    ]


def test_fields_become_the_extra_of_a_log_call(caplog):
    with caplog.at_level(logging.INFO, "plugin"):
        logging.getLogger("plugin.test").info("event", extra=fields(kind="alarm", ms=1))
    assert caplog.records[0].fields == {"kind": "alarm", "ms": 1}


def test_nothing_is_looked_up_that_no_line_has(caplog):
    with caplog.at_level(logging.INFO, "plugin"):
        logging.getLogger("plugin.test").info("event")
    (made,) = caplog.records
    assert (made.thread, made.process, made.processName, made.lineno) == (None, None, None, 0)


@pytest.mark.parametrize("key", ["private-key", "키", ""])
def test_a_key_is_told_by_8_digits_of_its_hash(key):
    assert short_hash(key) == hashlib.sha256(key.encode()).hexdigest()[:8]


@pytest.mark.parametrize(("form", "formatter"), [("text", TextFormatter), ("json", JsonFormatter)])
def test_the_framework_is_told_level_and_format(form, formatter):
    logger = {"level": "ERROR", "handlers": ["console"], "propagate": False}
    others = logger | {"level": "WARNING"}
    assert framework_configuration(ProcessSettings(log_level="ERROR", log_format=form)) == {
        "loggers": {"plugin": logger, "spaceone": logger, "uvicorn": others, "asyncio": others},
        "handlers": {
            "console": {
                "type": "console",
                "class": "plugin.observe.log.QueueHandler",
                "formatter": "plugin",
                "filters": [],
            },
        },
        "formatters": {"plugin": {"args": {"()": formatter}}},
    }
    assert set(log.FORMATTERS) == {"text", "json"}


class Pipe:
    """Stands in for standard error: a pipe that is read when the test wants."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def fill(self):
        """Write until nothing more fits, and say how many bytes that took."""
        os.set_blocking(self.writer, False)
        size = 0
        try:
            while True:
                size += os.write(self.writer, b"x" * 1000)
        except BlockingIOError:
            os.set_blocking(self.writer, True)
            return size

    def read(self, least):
        content = b""
        while len(content) < least:
            content += os.read(self.reader, 100_000)
        return content


@pytest.fixture
def pipe(monkeypatch):
    pipe = Pipe()
    monkeypatch.setattr(log, "STANDARD_ERROR", pipe.writer)
    yield pipe
    for end in (pipe.reader, pipe.writer):
        os.close(end)


@pytest.fixture
def handler(pipe):
    handler = QueueHandler()
    handler.setFormatter(TextFormatter())
    yield handler
    handler.drain(5)
    handler.close()


def dropped():
    return REGISTRY.get_sample_value("ons_webhook_log_lines_dropped_total")


def test_lines_are_written_in_their_order_by_a_thread_of_its_own(pipe, handler):
    for number in range(3):
        assert handler.handle(record(f"event {number} 한글 \ud800"))
    handler.drain(5)
    lines = pipe.read(1).decode().splitlines()
    assert [line.partition("plugin.manager ")[2] for line in lines] == [f"event {number} 한글 \\ud800" for number in range(3)]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "log")


def test_where_nobody_reads_records_wait_and_what_is_too_much_is_dropped_and_counted(pipe, handler):
    filled, before = pipe.fill(), dropped()
    begun = time.monotonic()
    handler.handle(record("first"))
    while not handler._records.empty():  # the thread has taken it, and waits
        time.sleep(0.001)
    time.sleep(20 * log.GATHERED)
    for number in range(1005):
        assert handler.handle(record(f"event {number}"))
    assert time.monotonic() - begun < 2
    assert before + 4 <= dropped() <= before + 5  # the thread may have taken one more
    begun = time.monotonic()
    handler.drain(0.05)  # in vain, and not for longer than that
    assert 0.04 < time.monotonic() - begun < 1
    text = pipe.read(filled + 1).decode()
    lost = dropped() - before
    while text.count("\n") < 1006 - lost:
        text += pipe.read(1).decode()
    assert text.count("\n") == 1006 - lost, "each record is written or counted as dropped"
    assert "event 999\n" in text and "event 1004" not in text


def test_a_line_that_nobody_can_read_any_more_is_counted(pipe, handler, monkeypatch):
    def write(descriptor, lines):
        raise BrokenPipeError

    before = dropped()
    monkeypatch.setattr(log.os, "write", write)
    for _ in range(3):
        handler.handle(record())
    handler.drain(5)
    monkeypatch.undo()
    assert dropped() == before + 3


def test_lines_that_are_written_in_parts_come_whole(pipe, handler, monkeypatch):
    write = os.write
    monkeypatch.setattr(log.os, "write", lambda descriptor, lines: write(descriptor, lines[:7]))
    handler.handle(record("a" * 100))
    handler.drain(5)
    assert pipe.read(1).decode() == TextFormatter().format(record("a" * 100)) + "\n"


def test_a_record_that_cannot_be_formatted_costs_itself_alone(pipe, handler):
    before = dropped()
    for made in (record("no place for it", "argument"), record("event")):
        handler.handle(made)
    handler.drain(5)
    handler.handle(record("later"))
    handler.drain(5)
    assert [line.split(" ")[-1] for line in pipe.read(1).decode().splitlines()] == ["event", "later"]
    assert dropped() == before + 1


def test_all_that_the_plugin_logged_can_be_waited_for(pipe, handler, monkeypatch):
    logger = logging.getLogger("plugin")
    monkeypatch.setattr(logger, "handlers", [logging.NullHandler(), handler])
    handler.handle(record("last"))
    drain(5)
    assert pipe.read(1).decode().endswith("last\n")
