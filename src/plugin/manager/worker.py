"""Heavy work, in a way that lets alarms pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec, TypeVar

from plugin.error import ERROR_BUSY
from plugin.setting.limits import LIGHT_RECORDS, ONS_MAX_BYTES

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

SLICE_SECONDS = 0.005  # of work on many items, before other heavy requests have their turn
MAX_HUGE = 4  # requests that are larger than any of ONS, in progress at once
MAX_HEAVY = 400  # other heavy requests; each holds some 100 KB while it waits
MAX_SENT_BYTES = 2 * ONS_MAX_BYTES  # as protobuf, which writes a message of ONS a little longer


class Worker:
    """Heavy work is done in one thread, for because of the GIL several would be no faster.

    What can be divided is done in slices, so that requests take turns and a small one does not wait for a large one's end.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "heavy")
        self._admitted = {True: 0, False: 0}  # huge requests, and the others

    @contextmanager
    def admit(self, size: int) -> Iterator[None]:
        """Count a heavy request of so many bytes while it is in progress; raise ERROR_BUSY if there are too many.

        SpaceONE makes an alert of a refusal and tells ONS that all is well, so the bound for what ONS may have sent is high.
        """
        huge = size > MAX_SENT_BYTES
        if self._admitted[huge] >= (MAX_HUGE if huge else MAX_HEAVY):
            raise ERROR_BUSY()
        self._admitted[huge] += 1
        try:
            yield
        finally:
            self._admitted[huge] -= 1

    async def run(self, heavy: bool, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what the work returns: at once, or in the thread if it is heavy."""
        if not heavy:
            return work(*arguments, **named)
        return await self._in_thread(partial(work, *arguments, **named))

    async def each(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Return what the work returns for each item; if there are many, in slices in the thread."""
        if len(items) <= LIGHT_RECORDS:
            return [work(item) for item in items]
        results: list[R] = []
        while len(results) < len(items):
            await self._in_thread(partial(_work_for_a_slice, work, items, results))
        return results

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _work_for_a_slice(work: Callable[[T], R], items: Sequence[T], results: list[R]) -> None:
    """Append the results of some further items."""
    end = time.perf_counter() + SLICE_SECONDS
    while len(results) < len(items) and time.perf_counter() < end:
        results.append(work(items[len(results)]))
