"""OCI's limit of alarm operations, which is the tenancy's: callers wait until it is their turn.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/Concepts/monitoringoverview.htm
"""

from __future__ import annotations

import threading
import time


class Pace:
    """At most `rate` operations a second for all threads and regions, evenly spaced; 0 lifts the limit.

    A token bucket of two: what the scheduler loses by waking a thread late is caught up, and no second has more than
    one operation too many.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._next, self._lock = 0.0, threading.Lock()

    def wait(self) -> None:
        """Return when the caller may ask."""
        with self._lock:
            now = time.monotonic()
            start = max(now - self._interval, self._next)
            self._next = start + self._interval
        time.sleep(max(0.0, start - now))
