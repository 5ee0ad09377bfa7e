"""Unexpected errors, described without their text: it may quote a stranger, or hold a secret."""

from __future__ import annotations

import asyncio
import errno
import logging
import traceback
from typing import Any

_LOOP_LOGGER = logging.getLogger("asyncio")  # where the event loop itself would log


def describe_without_text(error: BaseException) -> str:
    """Return type, system error number if there is one, and place: `OSError EMFILE at /…/delivery.py:55`."""
    number = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    places = traceback.extract_tb(error.__traceback__)
    place = f"at {places[-1].filename}:{places[-1].lineno}" if places else ""
    return " ".join(filter(None, (type(error).__name__, number, place)))


def log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error outside of any request; the event loop's own way would print tasks and callbacks with what they hold."""
    error = context.get("exception")
    _LOOP_LOGGER.error("defect in the event loop: %s", describe_without_text(error) if error else "no exception")
