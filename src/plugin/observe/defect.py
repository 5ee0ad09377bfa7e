"""Describe unexpected errors without their text, which may quote a sender or contain a secret."""

from __future__ import annotations

import asyncio
import errno
import logging
import traceback
from typing import Any

_LOOP_LOGGER = logging.getLogger("asyncio")  # the event loop's own


def describe_without_text(error: BaseException) -> str:
    """Return type, errno if there is one, and location: `OSError EMFILE at /…/delivery.py:55`."""
    number = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    places = traceback.extract_tb(error.__traceback__)
    place = f"at {places[-1].filename}:{places[-1].lineno}" if places else ""
    return " ".join(filter(None, (type(error).__name__, number, place)))


def log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error outside of a request. The default handler would print tasks and callbacks with their data."""
    error = context.get("exception")
    _LOOP_LOGGER.error("defect in the event loop: %s", describe_without_text(error) if error else "no exception")
