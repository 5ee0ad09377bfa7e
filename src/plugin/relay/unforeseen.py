"""The event loop's own errors, which nobody foresaw, logged by type and place."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from plugin.observe.defect import described

_LOGGER = logging.getLogger("asyncio")  # where the event loop itself would log


def log_error_of_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error outside of any delivery; the event loop's own way would print tasks and callbacks with what they hold."""
    error = context.get("exception")
    _LOGGER.error("defect in the event loop: %s", described(error) if error else "no exception")
