"""Heavy work beside the event loop: one piece at a time, and a bounded number that waits."""

import asyncio
import threading

import pytest

from plugin.error import ERROR_BUSY
from plugin.manager.worker import MAX_WAITING, Worker


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


def test_too_much_waiting_work_is_refused_and_what_was_done_makes_room():
    async def run():
        worker, done = Worker(), threading.Event()
        waiting = [asyncio.ensure_future(worker.run(True, done.wait, 10)) for _ in range(MAX_WAITING)]
        await asyncio.sleep(0.01)
        with pytest.raises(ERROR_BUSY):
            await worker.run(True, int)
        done.set()
        await asyncio.gather(*waiting)
        return await worker.run(True, int)

    assert asyncio.run(run()) == 0


def test_an_error_of_the_work_is_that_of_the_call():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Worker().run(True, lambda: 1 / 0))
