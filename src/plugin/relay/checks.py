"""The queue of password comparisons: bounded, beside the event loop, and fair to those who try seldom.

A comparison takes up to half a second of CPU time, and anybody on the internet can ask for one. Whoever tries many
passwords at once must not keep out a delivery whose credentials were not seen yet:

* A comparison that is waiting or running is shared by all deliveries with the same credentials.
* One that waits is dropped as soon as none of them waits for its outcome any more: guesses that are sent and left cost
  nothing. One that runs cannot be stopped.
* What has waited for SOON is served first if it is FEW: among guesses that are sent and left at once, which are newer.
* Then the client with the fewest comparisons is served first, and of one client the newest. Somebody who waits for answers
  before he goes on guessing has his guesses waiting below the honest delivery, which came later.
* When the queue is full, the client with the most comparisons loses its oldest.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

MOST_WAITING = 128
SOON = 0.5  # seconds
FEW = 8  # comparisons, about a second of work


class Busy(Exception):
    """The comparison was not made: more are waiting than can be made in time."""


@dataclass
class Check:
    """A comparison, the client that asked for it first and when, its outcome (right or wrong, or Busy), and how many wait."""

    client: str
    compare: Callable[[], bool]
    outcome: asyncio.Future[bool]
    since: float
    waiting: int = 0


class Checks:
    """Comparisons by a fingerprint of the credentials. All methods belong to the event loop's thread."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, "password")
        self._waiting: dict[bytes, Check] = {}  # the oldest first
        self._running: dict[bytes, Check] = {}

    async def outcome(self, fingerprint: bytes, client: str, compare: Callable[[], bool]) -> bool:
        """Return the outcome of a comparison, which may be one that others wait for too; raise Busy if it was not made."""
        check = self._running.get(fingerprint) or self._queue(fingerprint, client, compare)
        check.waiting += 1
        try:
            return await asyncio.shield(check.outcome)
        finally:
            check.waiting -= 1
            if not check.waiting and self._waiting.get(fingerprint) is check:
                del self._waiting[fingerprint]

    def _queue(self, fingerprint: bytes, client: str, compare: Callable[[], bool]) -> Check:
        loop = asyncio.get_running_loop()
        new = Check(client, compare, loop.create_future(), loop.time())
        check = self._waiting[fingerprint] = self._waiting.pop(fingerprint, new)  # now the newest
        self._begin()
        if len(self._waiting) > MOST_WAITING:
            self._drop()
        return check

    def _begin(self) -> None:
        """Start comparisons while a worker is free."""
        while self._waiting and len(self._running) < self._workers:
            fingerprint = self._next()
            check = self._running[fingerprint] = self._waiting.pop(fingerprint)
            running = asyncio.get_running_loop().run_in_executor(self._pool, check.compare)
            running.add_done_callback(partial(self._end, fingerprint))

    def _next(self) -> bytes:
        """Return which is next: the newest of the client that has the fewest, of those that waited if they are few."""
        count, before = self._count(), asyncio.get_running_loop().time() - SOON
        waited = [each for each, check in self._waiting.items() if check.since <= before]
        candidates = waited if 0 < len(waited) <= FEW else list(self._waiting)
        return min(reversed(candidates), key=lambda each: count[self._waiting[each].client])

    def _end(self, fingerprint: bytes, done: asyncio.Future[bool]) -> None:
        outcome, error = self._running.pop(fingerprint).outcome, done.exception()
        if error is None:
            outcome.set_result(done.result())
        else:
            outcome.set_exception(error)
        self._begin()

    def _drop(self) -> None:
        """Refuse the oldest comparison of the client that has the most."""
        count = self._count()
        fingerprint = max(self._waiting, key=lambda each: count[self._waiting[each].client])
        self._waiting.pop(fingerprint).outcome.set_exception(Busy())

    def _count(self) -> Counter[str]:
        return Counter(check.client for check in (*self._waiting.values(), *self._running.values()))
