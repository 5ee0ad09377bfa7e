"""Log unexpected errors at most once a minute, with their count."""

from __future__ import annotations

import logging
import time

from plugin.observe.defect import describe_without_text
from plugin.observe.log import fields

LOG_INTERVAL = 60.0  # seconds


class DefectLog:
    """A rate-limited logger."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._unlogged, self._quiet_until = 0, 0.0

    def add(self, error: Exception) -> None:
        """Log an error, or count it for the next line."""
        self._unlogged += 1
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + LOG_INTERVAL
            self._logger.error("defect: %s", describe_without_text(error), extra=fields(count=self._unlogged))
            self._unlogged = 0
