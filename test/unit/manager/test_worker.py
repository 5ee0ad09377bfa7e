"""Heavy work beside the event loop: one piece at a time, and a bounded number that waits."""

import asyncio
import contextlib
import threading
import time
from functools import partial

import pytest

from plugin.error import ERROR_BUSY
from plugin.manager.worker import MAX_HEAVY, MAX_ONS_REQUEST_BYTES, MAX_OVERSIZED, Worker


def test_light_work_is_done_at_once_and_heavy_work_in_one_thread():
    async def run():
        worker = Worker()
        light = await worker.run(False, threading.get_ident)
        heavy = await asyncio.gather(*(worker.run(True, threading.get_ident) for _ in range(5)))
        return light, set(heavy)

    light, heavy = asyncio.run(run())
    assert light == threading.get_ident()
    assert len(heavy) == 1 and light not in heavy


def test_the_loop_goes_on_while_heavy_work_is_done():
    async def run():
        worker, done = Worker(), threading.Event()
        heavy = asyncio.ensure_future(worker.run(True, done.wait, 10))
        await asyncio.sleep(0.01)
        assert await worker.run(False, lambda: "light") == "light" and not heavy.done()
        done.set()
        return await heavy

    assert asyncio.run(run())


@pytest.mark.parametrize(("size", "limit"), [(MAX_ONS_REQUEST_BYTES, MAX_HEAVY), (MAX_ONS_REQUEST_BYTES + 1, MAX_OVERSIZED)])
def test_more_heavy_requests_than_the_bound_are_refused_until_one_is_done(size, limit):
    worker = Worker()
    with contextlib.ExitStack() as stack:
        for _ in range(limit):
            stack.enter_context(worker.admit(size))
        with pytest.raises(ERROR_BUSY), worker.admit(size):
            pass
        with worker.admit(1 if limit == MAX_OVERSIZED else MAX_ONS_REQUEST_BYTES + 1):
            pass
    with worker.admit(size):
        pass


def test_between_the_items_of_many_other_calls_pass_and_one_slice_is_done_at_a_time():
    turns, passed = [], []

    async def run():
        worker, done = Worker(), asyncio.Event()

        def work(name, item):
            turns.append(name)
            time.sleep(0.001)
            return item * 2

        async def others():
            while not done.is_set():
                passed.append(len(turns))
                await asyncio.sleep(0)

        waiting = asyncio.create_task(others())
        results = await asyncio.gather(*(worker.each(partial(work, name), range(20)) for name in "ab"))
        done.set()
        await waiting
        return results

    assert asyncio.run(run()) == [[2 * item for item in range(20)]] * 2
    assert len(set(passed)) > 5
    assert turns != sorted(turns), "they take turns"


def test_an_error_of_the_work_is_that_of_the_call():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Worker().run(True, lambda: 1 / 0))
