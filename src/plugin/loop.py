"""The event loop of plugin and relay: errors are logged without their text, and DNS look-ups do not block it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from plugin.observe.log import describe_without_text

_LOGGER = logging.getLogger("asyncio")  # the event loop's own

P = ParamSpec("P")
T = TypeVar("T")

MAX_LOOKUPS = 16  # concurrent DNS look-ups


def configure(loop: asyncio.AbstractEventLoop) -> None:
    """Set the loop's error handler and its threads for DNS look-ups."""
    loop.set_exception_handler(log_loop_error)
    loop.set_default_executor(LookupThreads())


def log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error outside of a request. The default handler would print tasks and callbacks with their data."""
    error = context.get("exception")
    _LOGGER.error("defect in the event loop: %s", describe_without_text(error) if error else "no exception")


class LookupThreads(ThreadPoolExecutor):
    """Start a daemon thread for each look-up: a look-up has no timeout, and must not delay the exit of the process."""

    def __init__(self) -> None:
        super().__init__()
        self._lookups: set[Future[Any]] = set()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a look-up; raise OSError, as a failed look-up does, if MAX_LOOKUPS are in progress."""
        self._lookups = {lookup for lookup in self._lookups if not lookup.done()}
        if len(self._lookups) >= MAX_LOOKUPS:
            raise OSError("too many DNS look-ups are in progress")
        future: Future[T] = Future()

        def look_up() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as e:  # noqa: BLE001 - raised where the result is awaited
                future.set_exception(e)

        future.set_running_or_notify_cancel()
        self._lookups.add(future)
        threading.Thread(target=look_up, name="lookup", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do not wait: the threads are daemons."""
