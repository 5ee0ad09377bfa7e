"""The signals that ask the process to end."""

from __future__ import annotations

import os
import select
import signal


class ShutdownSignals:
    """SIGTERM and SIGINT, of which none is missed, whenever it comes.

    Python runs a signal's handler between two steps of the main thread. A handler that sets a threading.Event can find the
    Event's lock held by the very wait that it interrupts, and hang; one that comes just before a wait is run after it. So the
    signal's number is written into a pipe as it comes, and can be read at any time:
    https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
    """

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # as process 1, a signal without a handler is ignored

    def wait(self, seconds: float | None = None) -> bool:
        """Wait so many seconds for the next signal (None: without limit), and say whether one came."""
        readable, _, _ = select.select([self._reader], [], [], seconds)
        return bool(readable and os.read(self._reader, 1))
