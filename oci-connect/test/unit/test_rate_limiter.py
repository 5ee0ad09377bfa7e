"""The limit of alarm operations is kept by all threads together, and time that a thread sleeps too long is caught up."""

import pytest

from oci_connect import rate_limiter
from oci_connect.rate_limiter import RateLimiter


class Clock:
    """Time that passes only while somebody sleeps, and `late` seconds longer than was asked for."""

    def __init__(self, late=0.0):
        self.now, self.late = 100.0, late

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds + self.late * bool(seconds)


@pytest.fixture
def run(monkeypatch):
    def starts(operations, rate, late=0.0, pauses=()):
        clock, found, limit = Clock(late), [], RateLimiter(rate)
        monkeypatch.setattr(rate_limiter, "time", clock)
        for number in range(operations):
            clock.now += 5 * (number in pauses)
            limit.wait()
            found.append(clock.now - 100)
        return found

    return starts


@pytest.mark.parametrize("late", [0.0, 0.03, 0.09])
def test_as_many_operations_as_allowed_and_no_second_has_more_than_one_too_many(run, late):
    starts = run(200, 10, late, pauses=(50, 120))
    assert max(sum(begin <= each < begin + 0.999 for each in starts) for begin in starts) <= 11
    assert starts[-1] <= 19.9 + 2 * 5 + 0.1


def test_no_limit_waits_for_nothing(run):
    assert run(50, 0) == [0.0] * 50
