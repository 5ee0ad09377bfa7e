"""An event loop in a thread: what is served on it can be called from a test as by anybody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any


class Loop:
    """A running event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def submit(self, coroutine: Any) -> Future[Any]:
        """Begin with a coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Any, seconds: float = 20) -> Any:
        """Return what a coroutine returns."""
        return self.submit(coroutine).result(seconds)

    @contextmanager
    def within(self, context: AbstractAsyncContextManager[Any]) -> Iterator[Any]:
        """Hold an asynchronous context on the loop. Only one task enters and leaves it."""
        entered: Future[Any] = Future()
        leave = self.run(_event())

        async def hold() -> None:
            async with context as value:
                entered.set_result(value)
                await leave.wait()

        held = self.submit(hold())
        held.add_done_callback(lambda done: entered.done() or entered.set_exception(done.exception() or RuntimeError()))
        try:
            yield entered.result(20)
        finally:
            self._loop.call_soon_threadsafe(leave.set)
            held.result(20)

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


@contextmanager
def running_loop() -> Iterator[Loop]:
    """Run a loop within the context."""
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


async def _event() -> asyncio.Event:
    return asyncio.Event()
