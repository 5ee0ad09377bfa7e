"""Deadlines and room of connections: uvicorn serves them in this process, on loopback, with short deadlines."""

import asyncio
import contextlib
import time

import anyio
import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from plugin.relay import connection
from plugin.relay.connection import BoundedProtocol
from standin.plugin_process import free_port

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.25)
    monkeypatch.setattr(connection, "KEEP_ALIVE", 0.5)
    monkeypatch.setattr(connection, "MOST_UNFINISHED", 5)


async def app(scope, receive, send):
    """Answer with the body; answer at once if the path is /early, and late if it is /late."""
    if scope["path"] == "/late":
        await asyncio.sleep(0.6)
    body, more = b"", scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    await PlainTextResponse(body)(scope, receive, send)


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, data):
        self.writer.write(data)

    async def answer(self):
        """Return the body of an answer, or None if the connection is closed."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        return await self.reader.readexactly(length)

    async def closed_after(self):
        begun = time.monotonic()
        assert await self.answer() is None
        return time.monotonic() - begun


def serving(test):
    """Run a test with a server; it is given a function that connects from an address of this machine."""

    async def serve():
        config = uvicorn.Config(app, port=free_port(), http=BoundedProtocol, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())  # as serve does, without signals
        while not server.started:
            await asyncio.sleep(0.01)
        clients = []

        async def connect(address="127.0.0.1"):
            clients.append(Client(*await asyncio.open_connection("127.0.0.1", config.port, local_addr=(address, 0))))
            return clients[-1]

        try:
            with anyio.fail_after(10):
                await test(connect)
        finally:
            for client in clients:
                client.writer.close()
                with contextlib.suppress(OSError):
                    await client.writer.wait_closed()
            server.should_exit = True
            await task

    def run():
        asyncio.run(serve())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@serving
async def test_whole_requests_are_answered_one_after_the_other(connect):
    client = await connect()
    for body in (b"one", b"two"):
        client.send(HEAD + body)
        assert await client.answer() == body
        await asyncio.sleep(0.35)  # longer than a request may take, and less than an idle connection is kept


@serving
async def test_what_sends_nothing_is_closed_at_the_deadline(connect):
    assert 0.2 < await (await connect()).closed_after() < 2


@serving
async def test_a_byte_at_a_time_moves_no_deadline(connect):
    for begun in (b"POST / HT", HEAD.replace(b"3", b"9")):
        client = await connect()
        client.send(begun)
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while not client.reader.at_eof() and time.monotonic() - begun < 3:
                client.send(b"P")
                await client.writer.drain()
                await asyncio.sleep(0.05)
        assert time.monotonic() - begun < 2


@serving
async def test_an_answer_may_take_longer_than_the_request(connect):
    client = await connect()
    client.send(HEAD.replace(b"/ ", b"/late ") + b"one")
    assert await client.answer() == b"one"


@serving
async def test_an_early_answer_moves_no_deadline_of_the_body(connect):
    client = await connect()
    client.send(HEAD.replace(b"/ ", b"/early "))
    assert await client.answer() == b""
    assert await client.closed_after() < 0.7


@serving
async def test_a_further_request_has_its_own_deadline(connect):
    client = await connect()
    client.send(HEAD + b"one")
    assert await client.answer() == b"one"
    await asyncio.sleep(0.38)
    client.send(HEAD)
    await asyncio.sleep(0.2)
    client.send(b"two")
    assert await client.answer() == b"two"
    client.send(HEAD)
    assert 0.15 < await client.closed_after() < 0.8


@serving
async def test_a_request_that_came_with_the_one_before_has_a_deadline(connect):
    client = await connect()
    client.send(HEAD + b"one" + HEAD + b"tw")
    assert await client.answer() == b"one"
    assert 0.2 < await client.closed_after() < 2


@serving
async def test_an_idle_connection_is_closed(connect):
    client = await connect()
    client.send(HEAD + b"one")
    assert await client.answer() == b"one"
    assert 0.4 < await client.closed_after() < 2


@serving
async def test_above_the_bound_the_newest_is_taken_and_the_oldest_ends(connect):
    clients = [await connect() for _ in range(6)]
    assert await clients[0].closed_after() < 0.3
    for client in clients[1:]:
        client.send(HEAD + b"one")
        assert await client.answer() == b"one"


@serving
async def test_above_the_bound_the_address_with_the_most_loses_a_connection(connect):
    honest = await connect("127.0.0.2")
    attackers = [await connect() for _ in range(20)]
    honest.send(HEAD + b"one")
    assert await honest.answer() == b"one"
    assert await attackers[0].closed_after() < 0.3


@serving
async def test_a_whole_request_is_not_counted(connect):
    working = []
    for _ in range(10):
        working.append(await connect())
        working[-1].send(HEAD.replace(b"/ ", b"/late ") + b"one")
        await asyncio.sleep(0.02)
    assert [await client.answer() for client in working] == [b"one"] * 10
