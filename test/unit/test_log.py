"""Log lines to the letter, for people and as JSON."""

import hashlib
import json
import logging

import pytest

from plugin.observe import log
from plugin.observe.log import FIELDS, JsonFormatter, TextFormatter, fields, framework_configuration, short_hash
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
    assert framework_configuration(ProcessSettings(log_level="ERROR", log_format=form)) == {
        "loggers": {"plugin": logger, "spaceone": logger},
        "handlers": {
            "console": {"type": "console", "class": "logging.StreamHandler", "formatter": "plugin", "filters": []},
        },
        "formatters": {"plugin": {"args": {"()": formatter}}},
    }
    assert set(log.FORMATTERS) == {"text", "json"}
