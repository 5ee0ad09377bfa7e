"""How a line of the log is written: for people, or as JSON; its facts beside its text."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import time

# Nothing here prints a thread, a process or a source line, and finding them out costs more than the line itself:
# https://docs.python.org/3/howto/logging.html#optimization
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

FACTS = "facts"  # the attribute of a record: {"kind": "alarm", "event_type": "ALERT", …}


def facts(**values: object) -> dict[str, dict[str, object]]:
    """Return the `extra` of a log call. Facts are our own words and numbers, never a sender's text."""
    return {FACTS: values}


def short_hash(event_key: str) -> str:
    """Return what tells one event_key from another in a log, and tells nothing of it."""
    return hashlib.sha256(event_key.encode()).hexdigest()[:8]


class LineHandler(logging.Handler):
    """Write each line to standard error by one system call.

    The system keeps lines whole, so no lock is held: with one, threads would queue up behind the writing one, which itself
    waits for the interpreter.
    """

    def handle(self, record: logging.LogRecord) -> bool:
        """Write the record; there are no filters."""
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line."""
        try:
            os.write(2, f"{self.format(record)}\n".encode(errors="backslashreplace"))
        except Exception:  # noqa: BLE001 - as the standard library's handlers do
            self.handleError(record)


class TextFormatter(logging.Formatter):
    """`2026-03-02T09:15:00.123Z INFO plugin.manager.event_manager event kind=alarm event_type=ALERT …`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = "".join([f" {name}={value}" for name, value in getattr(record, FACTS, {}).items()])
        return f"{_time(record)} {record.levelname} {record.name} {record.getMessage()}{told}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {"time": _time(record), "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        return json.dumps({**line, **getattr(record, FACTS, {})}, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
