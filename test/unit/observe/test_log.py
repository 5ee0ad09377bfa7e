"""Log lines to the letter, for people and as JSON."""

import hashlib
import json
import logging
import os

import pytest

from plugin.observe import log
from plugin.observe.log import FIELDS, JsonFormatter, StandardErrorHandler, TextFormatter, configure, fields, short_hash
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


@pytest.mark.parametrize("key", ["private-key", "키", ""])
def test_a_key_is_told_by_8_digits_of_its_hash(key):
    assert short_hash(key) == hashlib.sha256(key.encode()).hexdigest()[:8]


@pytest.fixture
def _logging():
    """Give logging back as it was."""
    root, raising = logging.getLogger(), logging.raiseExceptions
    loggers = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    before = [(logger, logger.level, logger.handlers[:], logger.propagate, logger.disabled) for logger in (root, *loggers)]
    yield
    logging.raiseExceptions = raising
    for logger, level, handlers, propagate, disabled in before:
        logger.setLevel(level)
        logger.handlers, logger.propagate, logger.disabled = handlers, propagate, disabled


@pytest.mark.parametrize(("form", "formatter"), [("text", TextFormatter), ("json", JsonFormatter)])
@pytest.mark.usefixtures("_logging")
def test_level_and_format_are_the_settings_and_others_loggers_warn_alone(form, formatter):
    made_before = logging.getLogger("plugin.made.before")
    made_before.disabled = True  # as the framework leaves it
    configure(ProcessSettings(log_level="ERROR", log_format=form))
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, StandardErrorHandler) and isinstance(handler.formatter, formatter)
    assert logging.getLogger("plugin.any").getEffectiveLevel() == logging.ERROR
    assert logging.getLogger("uvicorn").getEffectiveLevel() == logging.WARNING
    assert not made_before.disabled and not logging.raiseExceptions


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
    handler = StandardErrorHandler()
    handler.setFormatter(TextFormatter())
    yield handler
    handler.close()


def dropped():
    return REGISTRY.get_sample_value("ons_webhook_log_lines_dropped_total")


def test_lines_are_written_in_their_order(pipe, handler):
    for number in range(3):
        assert handler.handle(record(f"event {number} 한글 \ud800"))
    lines = pipe.read(1).decode().splitlines()
    assert [line.partition("plugin.manager ")[2] for line in lines] == [f"event {number} 한글 \\ud800" for number in range(3)]


def test_where_nobody_reads_no_line_waits_and_each_is_counted(pipe, handler):
    filled, before = pipe.fill(), dropped()
    for number in range(1005):
        handler.handle(record(f"event {number}"))
    assert dropped() == before + 1005
    assert b"event" not in pipe.read(filled)
    handler.handle(record("later"))
    assert pipe.read(1).decode().endswith("later\n")


def test_a_line_that_nobody_can_read_any_more_is_counted(pipe, handler):
    before = dropped()
    os.close(pipe.reader)
    for _ in range(3):
        handler.handle(record())
    assert dropped() == before + 3
    pipe.reader = os.open(os.devnull, os.O_RDONLY)


def test_a_line_longer_than_a_pipe_takes_at_once_is_cut(pipe, handler):
    handler.handle(record("a" * 100_000))
    line = pipe.read(1)
    assert len(line) == 4096 and line.endswith(b"a\n")


def test_a_record_that_cannot_be_formatted_costs_itself_alone(pipe, handler):
    before = dropped()
    for made in (record("no place for it", "argument"), record("event"), record("later")):
        handler.handle(made)
    assert [line.split(" ")[-1] for line in pipe.read(1).decode().splitlines()] == ["event", "later"]
    assert dropped() == before + 1
