"""A rate limiter for OCI's alarm operations, whose limit is per tenancy.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/Concepts/monitoringoverview.htm
"""

from __future__ import annotations

import threading
import time


class RateLimiter:
    """At most `rate` operations a second for all threads and regions, evenly spaced; 0 lifts the limit.

    A token bucket of size two, which compensates for late wake-ups of threads.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._next, self._lock = 0.0, threading.Lock()

    def wait(self) -> None:
        """Wait until the caller may send a request."""
        with self._lock:
            now = time.monotonic()
            start = max(now - self._interval, self._next)
            self._next = start + self._interval
        time.sleep(max(0.0, start - now))
