"""The event loop of plugin and relay: its errors are logged without their text, and no look-up of a name holds it up."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from plugin.observe.log import describe_without_text

_LOGGER = logging.getLogger("asyncio")  # where the event loop itself would log

P = ParamSpec("P")
T = TypeVar("T")

MAX_LOOKUPS = 16  # of names at once


def configure(loop: asyncio.AbstractEventLoop) -> None:
    """Set the loop's handler of errors, and the threads in which it looks up names."""
    loop.set_exception_handler(log_loop_error)
    loop.set_default_executor(LookupThreads())


def log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error outside of any request; the event loop's own way would print tasks and callbacks with what they hold."""
    error = context.get("exception")
    _LOGGER.error("defect in the event loop: %s", describe_without_text(error) if error else "no exception")


class LookupThreads(ThreadPoolExecutor):
    """A daemon thread for each look-up: it has no limit of its own, and the process's end does not wait for one that hangs."""

    def __init__(self) -> None:
        super().__init__()
        self._lookups: set[Future[Any]] = set()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin with a look-up; raise OSError, as a look-up that fails does, if MAX_LOOKUPS are in progress."""
        self._lookups = {lookup for lookup in self._lookups if not lookup.done()}
        if len(self._lookups) >= MAX_LOOKUPS:
            raise OSError("too many look-ups of names are in progress")
        future: Future[T] = Future()

        def look_up() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as e:  # noqa: BLE001 - whoever waits for the result is told
                future.set_exception(e)

        future.set_running_or_notify_cancel()
        self._lookups.add(future)
        threading.Thread(target=look_up, name="lookup", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave what hangs to the end of the process."""
