"""Heavy requests take turns, so that they neither fill the memory nor hold up alarms.

One thread at a time runs Python, so more of them at once would not end sooner.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from plugin.error import ERROR_BUSY

SMALL = 16 * 1024  # bytes of a request, up to which it waits for nobody; an alarm of one metric stream has 2 KB
LARGEST_OF_ONS = 128 * 1024  # bytes; ONS sends 64 KB of JSON, which protobuf writes a little longer
AT_ONCE = 4  # requests up to LARGEST_OF_ONS
HUGE_AT_ONCE = 2  # requests above it, which nobody needs
HUGE_WAITS = 2.0  # seconds, after which a huge request is refused


class Turns:
    """The turns of the requests of one server."""

    def __init__(self) -> None:
        self._large = threading.BoundedSemaphore(AT_ONCE)
        self._huge = threading.BoundedSemaphore(HUGE_AT_ONCE)

    @contextlib.contextmanager
    def turn(self, size: int) -> Iterator[None]:
        """Wait for the turn of a request of so many bytes, and hold it; raise ERROR_BUSY for a huge one that waits too long.

        One that ONS may have sent is never refused: it waits as long as it takes.
        """
        huge = size > LARGEST_OF_ONS
        turns = self._huge if huge else self._large
        if not turns.acquire(timeout=HUGE_WAITS if huge else None):
            raise ERROR_BUSY()
        try:
            yield
        finally:
            turns.release()
