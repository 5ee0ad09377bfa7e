"""Format log lines as text or JSON. A record has a constant message, and fields."""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import logging
import os
import select
import time
import traceback

from plugin.observe import metrics
from plugin.setting.process import ProcessSettings

FIELDS = "fields"  # the attribute of a record: {"kind": "alarm", "event_type": "ALERT", …}
STANDARD_ERROR = 2
MAX_LINE_BYTES = select.PIPE_BUF  # written atomically to a pipe that is ready
DEFECT_INTERVAL = 60.0  # seconds between two lines of a DefectLog


def fields(**values: object) -> dict[str, dict[str, object]]:
    """Return the `extra` of a log call. Fields never contain a sender's text."""
    return {FIELDS: values}


def short_hash(event_key: str) -> str:
    """Return a short hash that identifies an event_key in a log without revealing it."""
    return hashlib.sha256(event_key.encode()).hexdigest()[:8]


def describe_without_text(error: BaseException) -> str:
    """Return type, errno if there is one, and location: `OSError EMFILE at /…/delivery.py:55`.

    The text of an unexpected error may quote a sender or contain a secret.
    """
    number = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    places = traceback.extract_tb(error.__traceback__)
    place = f"at {places[-1].filename}:{places[-1].lineno}" if places else ""
    return " ".join(filter(None, (type(error).__name__, number, place)))


class DefectLog:
    """Log unexpected errors at most once a minute, with their count."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._unlogged, self._quiet_until = 0, 0.0

    def add(self, error: Exception) -> None:
        """Log an error, or count it for the next line."""
        self._unlogged += 1
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + DEFECT_INTERVAL
            self._logger.error("defect: %s", describe_without_text(error), extra=fields(count=self._unlogged))
            self._unlogged = 0


class StandardErrorHandler(logging.Handler):
    """Write lines to standard error if that does not block; else drop and count them.

    Standard error can be a pipe that nobody reads, and alarms must not wait for it. A queue with a thread costs more
    (docs/evidence/performance.md).
    """

    def __init__(self) -> None:
        super().__init__()
        self._ready = select.poll()
        self._ready.register(STANDARD_ERROR, select.POLLOUT)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            if self._ready.poll(0) == [(STANDARD_ERROR, select.POLLOUT)]:
                os.write(STANDARD_ERROR, line if len(line) <= MAX_LINE_BYTES else line[: MAX_LINE_BYTES - 1] + b"\n")
                return
        except Exception:  # noqa: BLE001,S110 - a closed pipe, or a library's bad log call
            pass
        metrics.log_lines_dropped.inc()


class TextFormatter(logging.Formatter):
    """`2026-03-02T09:15:00.123Z INFO plugin.manager.event_manager event kind=alarm event_type=ALERT …`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        written = "".join([f" {name}={value}" for name, value in getattr(record, FIELDS, {}).items()])
        return f"{_time(record)} {record.levelname} {record.name} {_message(record)}{written}"


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {"time": _time(record), "level": record.levelname, "logger": record.name, "message": _message(record)}
        return json.dumps({**line, **getattr(record, FIELDS, {})}, ensure_ascii=False, default=str)


FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}


def configure(settings: ProcessSettings) -> None:
    """Configure logging by the settings, also if SpaceONE's framework did so before."""
    handler = StandardErrorHandler()
    handler.setFormatter(FORMATTERS[settings.log_format]())
    logging.basicConfig(handlers=[handler], level="WARNING", force=True)
    for name in ("plugin", "spaceone"):
        logging.getLogger(name).setLevel(settings.log_level)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in ("plugin", "spaceone"):
            logger.handlers.clear()
            logger.propagate, logger.disabled = True, False  # the framework disables existing loggers
    logging.raiseExceptions = False  # only the handler writes to standard error


def _message(record: logging.LogRecord) -> str:
    """Return the message; an error is described by type and location, without text and traceback."""
    error = record.exc_info[1] if record.exc_info else None
    message = record.getMessage()
    return f"{message.strip()}: {describe_without_text(error)}" if error else message


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@functools.lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
