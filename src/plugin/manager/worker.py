"""Run heavy work without blocking alarms."""

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

SLICE_SECONDS = 0.005  # of work, then other heavy requests get a turn
MAX_OVERSIZED = 4  # concurrent requests above MAX_ONS_REQUEST_BYTES
MAX_HEAVY = 400  # concurrent other heavy requests; each takes about 100 KB
MAX_ONS_REQUEST_BYTES = 2 * ONS_MAX_BYTES  # as protobuf, which is a little longer


class Worker:
    """Run heavy work in one thread: because of the GIL, several would be no faster.

    Batches are processed in slices, so that a small request does not wait for the end of a large one.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "heavy")
        self._admitted = {True: 0, False: 0}  # oversized requests, and the others

    @contextmanager
    def admit(self, size: int) -> Iterator[None]:
        """Count a heavy request while it is in progress; raise ERROR_BUSY if there are too many.

        The limit for sizes that ONS can send is high, because ONS does not retry: SpaceONE turns a refusal into an alert.
        """
        is_oversized = size > MAX_ONS_REQUEST_BYTES
        if self._admitted[is_oversized] >= (MAX_OVERSIZED if is_oversized else MAX_HEAVY):
            raise ERROR_BUSY()
        self._admitted[is_oversized] += 1
        try:
            yield
        finally:
            self._admitted[is_oversized] -= 1

    async def run(self, heavy: bool, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return the result of the work; heavy work runs in the thread."""
        if not heavy:
            return work(*arguments, **named)
        return await self._in_thread(partial(work, *arguments, **named))

    async def each(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Return the results of the work for all items; many run in slices in the thread."""
        if len(items) <= LIGHT_RECORDS:
            return [work(item) for item in items]
        results: list[R] = []
        while len(results) < len(items):
            await self._in_thread(partial(_work_one_slice, work, items, results))
        return results

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _work_one_slice(work: Callable[[T], R], items: Sequence[T], results: list[R]) -> None:
    """Append results for SLICE_SECONDS."""
    end = time.perf_counter() + SLICE_SECONDS
    while len(results) < len(items) and time.perf_counter() < end:
        results.append(work(items[len(results)]))
