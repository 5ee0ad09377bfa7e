"""How a log line is written: for people, or as JSON. The words of a line stand in its message, its fields beside it."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import time
from typing import Any

from plugin.setting.process import ProcessSettings

# No line has a thread, a process or a source line, and finding them out costs more than the line itself:
# https://docs.python.org/3/howto/logging.html#optimization
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

FIELDS = "fields"  # the attribute of a record: {"kind": "alarm", "event_type": "ALERT", …}


def fields(**values: object) -> dict[str, dict[str, object]]:
    """Return the `extra` of a log call. Fields are our own words and numbers, never a sender's text."""
    return {FIELDS: values}


def short_hash(event_key: str) -> str:
    """Return what tells one event_key from another in a log, and tells nothing of it."""
    return hashlib.sha256(event_key.encode()).hexdigest()[:8]


class TextFormatter(logging.Formatter):
    """`2026-03-02T09:15:00.123Z INFO plugin.manager.event_manager event kind=alarm event_type=ALERT …`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        written = "".join([f" {name}={value}" for name, value in getattr(record, FIELDS, {}).items()])
        return f"{_time(record)} {record.levelname} {record.name} {record.getMessage()}{written}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {"time": _time(record), "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        return json.dumps({**line, **getattr(record, FIELDS, {})}, ensure_ascii=False, default=str)


FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}


def framework_configuration(settings: ProcessSettings) -> dict[str, Any]:
    """Return the setting LOG of SpaceONE's framework, which passes it to `logging.config.dictConfig`.

    A logger named here stays enabled though it was made before the framework configures logging.
    """
    logger = {"level": settings.log_level, "handlers": ["console"], "propagate": False}
    return {
        "loggers": {"plugin": logger, "spaceone": logger},
        "handlers": {
            "console": {"type": "console", "class": "logging.StreamHandler", "formatter": "plugin", "filters": []},
        },
        "formatters": {"plugin": {"args": {"()": FORMATTERS[settings.log_format]}}},
    }


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
