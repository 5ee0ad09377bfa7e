"""Run heavy work beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from plugin.error import ERROR_BUSY

P = ParamSpec("P")
T = TypeVar("T")

MAX_WAITING = 64  # pieces of heavy work; ONS delivers a refused message again


class Worker:
    """One thread for what would hold the event loop. Because of the GIL, several would be no faster."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "heavy")
        self._waiting = 0

    async def run(self, heavy: bool, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what the work returns: at once, or in its turn if it is heavy; raise ERROR_BUSY if too much waits."""
        if not heavy:
            return work(*arguments, **named)
        if self._waiting >= MAX_WAITING:
            raise ERROR_BUSY()
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, partial(work, *arguments, **named))
        finally:
            self._waiting -= 1
