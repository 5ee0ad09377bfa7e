"""The event loop's threads for look-ups: bounded, and nobody waits for one that hangs."""

import asyncio
import threading

import pytest

from plugin.loop import MAX_LOOKUPS, LookupThreads, configure


def test_names_are_looked_up_in_daemon_threads():
    async def run():
        loop = asyncio.get_running_loop()
        configure(loop)
        (*_, address), *_ = await loop.getaddrinfo("127.0.0.1", 1)
        daemon = await loop.run_in_executor(None, lambda: threading.current_thread().daemon)
        return address, daemon

    assert asyncio.run(run()) == (("127.0.0.1", 1), True)


def test_a_look_up_that_fails_tells_so():
    async def run():
        configure(asyncio.get_running_loop())
        await asyncio.get_running_loop().run_in_executor(None, lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())


def test_too_many_look_ups_at_once_fail_and_the_next_one_does_not():
    threads, done = LookupThreads(), threading.Event()
    lookups = [threads.submit(done.wait, 20) for _ in range(MAX_LOOKUPS)]
    with pytest.raises(OSError, match="too many DNS look-ups"):
        threads.submit(int)
    done.set()
    assert all(lookup.result(20) for lookup in lookups)
    assert threads.submit(int).result(20) == 0
