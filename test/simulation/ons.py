"""Oracle's Notification Service: each message is tried until it is taken, in any order, sometimes more than once.

A message that is not taken is tried again at once, then after 1, 2, 4, 8, 16 and each further 32 minutes, for two hours; at most 60 tries a minute
go to an endpoint, what exceeds them waits for the next minute.
https://docs.oracle.com/en-us/iaas/Content/Notification/Concepts/notificationoverview.htm
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from simulation.oci import Published
from simulation.scenario import FIRST_DELAY, Scenario, Trouble

PAUSES = (1, 60, 120, 240, 480, 960, 1920)  # seconds before the second and each further try; the last one stays
FOR = 2 * 60 * 60  # seconds
MAX_PER_MINUTE = 60


@dataclass(frozen=True)
class Try:
    """One try to deliver a copy of a message (number 0: the first copy), for which ONS began at a second."""

    published: Published
    copy: int
    begun: int
    number: int = 0


class Queue:
    """What is due, by time: tries, and the troubles of a scenario."""

    def __init__(self, scenario: Scenario, published: list[Published]) -> None:
        self._due: list[tuple[int, int, Try | Trouble]] = []
        self._order = itertools.count()
        self._tries: Counter[int] = Counter()  # by minute
        for trouble in scenario.troubles:
            self._put(trouble.second, trouble)
        for message in published:
            for copy, delay in enumerate(scenario.deliveries.get(message.name, (FIRST_DELAY,))):
                begun = message.minute * 60 + delay
                self._put(begun, Try(message, copy, begun))

    def __len__(self) -> int:
        return len(self._due)

    def __iter__(self) -> Iterator[tuple[int, Try | Trouble]]:
        """Yield what is due with its second, the earliest first; more may be put meanwhile."""
        while self._due:
            second, _, item = heapq.heappop(self._due)
            minute = second // 60
            if isinstance(item, Try) and self._tries[minute] >= MAX_PER_MINUTE:
                self._put((minute + 1) * 60, item)
                continue
            if isinstance(item, Try):
                self._tries[minute] += 1
            yield second, item

    def again(self, second: int, failed: Try) -> bool:
        """Try once more later, and return True; or False if ONS gives the message up."""
        pause = PAUSES[min(failed.number, len(PAUSES) - 1)]
        if second + pause - failed.begun > FOR:
            return False
        self._put(second + pause, Try(failed.published, failed.copy, failed.begun, failed.number + 1))
        return True

    def _put(self, second: int, item: Try | Trouble) -> None:
        heapq.heappush(self._due, (second, next(self._order), item))
