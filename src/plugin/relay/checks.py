"""The queue of password comparisons: bounded, beside the event loop, and fair to those who try seldom.

A comparison takes up to half a second of CPU time, and anybody on the internet can ask for one. Whoever tries many
passwords at once must not keep out a delivery whose credentials were not seen yet:

* A comparison that is waiting or running is shared by all deliveries with the same credentials.
* The address with the fewest comparisons is served first, and of one address the newest. Somebody who waits for answers
  before he goes on guessing has his guesses waiting below the honest delivery, which came later.
* When the queue is full, the address with the most comparisons loses its oldest.
* A comparison goes on when its delivery was given up, so that the next try of ONS finds the credentials known.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

MOST_WAITING = 128


class Busy(Exception):
    """The comparison was not made: more are waiting than can be made in time."""


@dataclass(frozen=True)
class Check:
    """A comparison, who asked for it, and its outcome: right or wrong, or Busy."""

    address: str
    compare: Callable[[], bool]
    outcome: asyncio.Future[bool]


class Checks:
    """Comparisons by a fingerprint of the credentials. All methods belong to the event loop's thread."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, "password")
        self._waiting: dict[bytes, Check] = {}  # the oldest first
        self._running: dict[bytes, Check] = {}

    def submit(self, fingerprint: bytes, address: str, compare: Callable[[], bool]) -> asyncio.Future[bool]:
        """Return the outcome of a comparison, which may be one that others wait for too."""
        if fingerprint in self._running:
            return self._running[fingerprint].outcome
        new = Check(address, compare, asyncio.get_running_loop().create_future())
        check = self._waiting[fingerprint] = self._waiting.pop(fingerprint, new)  # now the newest
        self._begin()
        if len(self._waiting) > MOST_WAITING:
            self._drop()
        return check.outcome

    def _begin(self) -> None:
        """Start the newest comparison of the address that has the fewest, while a worker is free."""
        while self._waiting and len(self._running) < self._workers:
            count = self._count()
            fingerprint = min(reversed(self._waiting), key=lambda each: count[self._waiting[each].address])
            check = self._running[fingerprint] = self._waiting.pop(fingerprint)
            running = asyncio.get_running_loop().run_in_executor(self._pool, check.compare)
            running.add_done_callback(partial(self._end, fingerprint))

    def _end(self, fingerprint: bytes, done: asyncio.Future[bool]) -> None:
        outcome, error = self._running.pop(fingerprint).outcome, done.exception()
        if error is None:
            outcome.set_result(done.result())
        else:
            outcome.set_exception(error)
        self._begin()

    def _drop(self) -> None:
        """Refuse the oldest comparison of the address that has the most."""
        count = self._count()
        fingerprint = max(self._waiting, key=lambda each: count[self._waiting[each].address])
        self._waiting.pop(fingerprint).outcome.set_exception(Busy())

    def _count(self) -> Counter[str]:
        return Counter(check.address for check in (*self._waiting.values(), *self._running.values()))
