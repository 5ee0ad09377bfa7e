"""The queue of comparisons: which is next, which is dropped, and what is shared."""

import asyncio
import threading

import anyio
import pytest

from plugin.relay import checks
from plugin.relay.checks import Busy, Checks


class Turnstile:
    """Comparisons that end when they are let through, and are written down in the order in which they began."""

    def __init__(self, workers=1):
        self.begun, self.let = [], threading.Semaphore(0)
        self.checks = Checks(workers)

    def submit(self, name, address="", right=True):
        def compare():
            self.begun.append(name)
            assert self.let.acquire(timeout=10)
            return right

        outcome = self.checks.outcome(name.encode(), address, compare)
        return asyncio.ensure_future(outcome)

    async def all(self, *outcomes):
        self.let.release(1000)
        return [await outcome for outcome in outcomes]


def run(ask):
    anyio.run(ask)


async def submitted():
    """Let those who were submitted take their places."""
    await asyncio.sleep(0)


def test_an_outcome_is_what_was_compared():
    async def ask():
        turnstile = Turnstile()
        assert await turnstile.all(turnstile.submit("a"), turnstile.submit("b", right=False)) == [True, False]

    run(ask)


def test_the_newest_of_a_client_is_next():
    async def ask():
        turnstile = Turnstile()
        await turnstile.all(*(turnstile.submit(name) for name in "abcd"))
        assert turnstile.begun == ["a", "d", "c", "b"]

    run(ask)


@pytest.mark.parametrize(("count", "second"), [(8, "waited 7"), (9, "new")])
def test_what_waited_half_a_second_is_first_if_it_is_few(monkeypatch, count, second):
    assert (checks.SOON, checks.FEW) == (0.5, 8)
    monkeypatch.setattr(checks, "SOON", 0.05)

    async def ask():
        turnstile = Turnstile()
        outcomes = [turnstile.submit("running", "192.0.2.1")]
        outcomes += [turnstile.submit(f"waited {number}", "192.0.2.1") for number in range(count)]
        await asyncio.sleep(0.1)
        outcomes += [turnstile.submit("new", "192.0.2.2")]
        await submitted()
        await turnstile.all(*outcomes)
        assert turnstile.begun[1] == second

    run(ask)


def test_the_client_with_the_fewest_comparisons_is_next():
    async def ask():
        turnstile = Turnstile()
        guesses = [turnstile.submit(f"guess {number}", "192.0.2.1") for number in range(3)]
        honest = [turnstile.submit("honest", "192.0.2.2")]
        guesses += [turnstile.submit(f"guess {number}", "192.0.2.1") for number in range(3, 6)]
        await turnstile.all(*honest, *guesses)
        assert turnstile.begun[:4] == ["guess 0", "honest", "guess 5", "guess 4"]

    run(ask)


def test_equal_credentials_share_a_comparison_and_become_the_newest():
    async def ask():
        turnstile = Turnstile()
        outcomes = [turnstile.submit(name) for name in ("running", "a", "b", "c", "b")]
        assert await turnstile.all(*outcomes) == [True] * 5
        assert turnstile.begun == ["running", "b", "c", "a"]

    run(ask)


def test_a_comparison_that_nobody_waits_for_is_dropped():
    async def ask():
        turnstile = Turnstile()
        outcomes = [turnstile.submit(name) for name in ("running", "a", "shared", "shared", "b")]
        await submitted()
        for gone in (outcomes[0], outcomes[1], outcomes[2]):
            gone.cancel()
        assert await turnstile.all(*outcomes[3:]) == [True, True]
        assert sorted(turnstile.begun) == ["b", "running", "shared"]
        assert not turnstile.checks._waiting

    run(ask)


def test_as_many_run_at_once_as_there_are_workers():
    async def ask():
        turnstile = Turnstile(workers=3)
        outcomes = [turnstile.submit(str(number)) for number in range(10)]
        await anyio.sleep(0.1)
        assert len(turnstile.begun) == 3
        await turnstile.all(*outcomes)

    run(ask)


def test_above_128_waiting_the_address_with_the_most_loses_its_oldest():
    assert checks.MOST_WAITING == 128

    async def ask():
        turnstile = Turnstile()
        honest = turnstile.submit("running", "192.0.2.2"), turnstile.submit("honest", "192.0.2.2")
        guesses = [turnstile.submit(str(number), "192.0.2.1") for number in range(130)]
        await submitted()
        for number in range(3):
            with pytest.raises(Busy):
                await guesses[number]
        assert not guesses[3].done()
        assert await turnstile.all(*honest, *guesses[3:]) == [True] * 129

    run(ask)


def test_a_comparison_that_fails_tells_those_who_wait_and_the_next_goes_on():
    async def ask():
        turnstile = Turnstile()
        failed = turnstile.checks.outcome(b"x", "", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await failed
        assert await turnstile.all(turnstile.submit("a")) == [True]

    run(ask)
