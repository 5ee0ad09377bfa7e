"""How a log line is written: for people, or as JSON. The words of a line stand in its message, its fields beside it."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import queue
import threading
import time
from typing import Any

from plugin.observe import metrics
from plugin.observe.defect import described
from plugin.setting.process import ProcessSettings

# No line has a thread, a process or a source line, and finding them out costs more than the line itself:
# https://docs.python.org/3/howto/logging.html#optimization
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

FIELDS = "fields"  # the attribute of a record: {"kind": "alarm", "event_type": "ALERT", …}
MOST_WAITING = 1000  # records that wait to be written; further ones are dropped and counted
GATHERED = 0.005  # seconds in which lines are gathered for one write
STANDARD_ERROR = 2


def fields(**values: object) -> dict[str, dict[str, object]]:
    """Return the `extra` of a log call. Fields are our own words and numbers, never a sender's text."""
    return {FIELDS: values}


def short_hash(event_key: str) -> str:
    """Return what tells one event_key from another in a log, and tells nothing of it."""
    return hashlib.sha256(event_key.encode()).hexdigest()[:8]


class QueueHandler(logging.Handler):
    """Write lines to standard error in a thread of their own.

    Standard error can be a pipe that nobody reads. Then the thread waits, records queue up, and what is too much is dropped
    and counted; no alarm ever waits for a log line.
    """

    def __init__(self) -> None:
        super().__init__()
        self._records: queue.SimpleQueue[logging.LogRecord | threading.Event] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record. There are no filters, and the queue needs no lock."""
        if self._records.qsize() < MOST_WAITING:
            self._records.put(record)
        else:
            metrics.log_lines_dropped.inc()
        return True

    def drain(self, seconds: float) -> None:
        """Wait until what was taken is written, at most so many seconds."""
        written = threading.Event()
        self._records.put(written)
        written.wait(seconds)

    def _write(self) -> None:
        while True:
            taken = [self._records.get()]
            time.sleep(GATHERED)
            while not self._records.empty():
                taken.append(self._records.get())
            lines = [self._line(record) for record in taken if isinstance(record, logging.LogRecord)]
            self._write_out("".join(lines).encode(errors="backslashreplace"))
            for waiting in taken:
                if isinstance(waiting, threading.Event):
                    waiting.set()

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return f"{self.format(record)}\n"
        except Exception:  # noqa: BLE001 - a library's record whose arguments do not fit its text must not end the thread
            metrics.log_lines_dropped.inc()
            return ""

    def _write_out(self, lines: bytes) -> None:
        try:
            while lines:
                lines = lines[os.write(STANDARD_ERROR, lines) :]
        except OSError:
            metrics.log_lines_dropped.inc(lines.count(b"\n"))  # nobody is there any more


class TextFormatter(logging.Formatter):
    """`2026-03-02T09:15:00.123Z INFO plugin.manager.event_manager event kind=alarm event_type=ALERT …`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        written = "".join([f" {name}={value}" for name, value in getattr(record, FIELDS, {}).items()])
        return f"{_time(record)} {record.levelname} {record.name} {_message(record)}{written}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {"time": _time(record), "level": record.levelname, "logger": record.name, "message": _message(record)}
        return json.dumps({**line, **getattr(record, FIELDS, {})}, ensure_ascii=False, default=str)


FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}


def framework_configuration(settings: ProcessSettings) -> dict[str, Any]:
    """Return the setting LOG of SpaceONE's framework, which passes it to `logging.config.dictConfig`.

    A logger named here stays enabled though it was made before the framework configures logging.
    """
    others = {"level": "WARNING", "handlers": ["console"], "propagate": False}
    logger = {"level": settings.log_level, "handlers": ["console"], "propagate": False}
    return {
        "loggers": {"plugin": logger, "spaceone": logger, "uvicorn": others, "asyncio": others},
        "handlers": {
            "console": {"type": "console", "class": "plugin.observe.log.QueueHandler", "formatter": "plugin", "filters": []},
        },
        "formatters": {"plugin": {"args": {"()": FORMATTERS[settings.log_format]}}},
    }


def drain(seconds: float = 1.0) -> None:
    """Wait until all log lines are written, at most so many seconds."""
    for handler in logging.getLogger("plugin").handlers:
        if isinstance(handler, QueueHandler):
            handler.drain(seconds)


def _message(record: logging.LogRecord) -> str:
    """Return what is logged, and of an error that a library logs with it, type and place instead of its text and traceback."""
    error = record.exc_info[1] if record.exc_info else None
    message = record.getMessage()
    return f"{message.strip()}: {described(error)}" if error else message


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
