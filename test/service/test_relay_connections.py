"""Bounds of a connection: uvicorn serves in this process, on loopback, with short deadlines and little room."""

import asyncio
import contextlib
import time

import anyio
import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from plugin.relay import connection
from plugin.relay.connection import BoundedProtocol, kept
from plugin_process import free_port

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
LATE = HEAD.replace(b"/ ", b"/late ")
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(connection, "EXCHANGE_SECONDS", 0.6)
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 5)


async def app(scope, receive, send):
    """Answer with the body: late if the path is /late, keeping the connection if it is /kept, with much more if it is /much."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    if scope["path"] == "/much":
        body *= 10_000_000
    with kept(scope) if scope["path"] == "/kept" else contextlib.nullcontext():
        await asyncio.sleep(0.3 if scope["path"] in ("/late", "/kept") else 0)
    await PlainTextResponse(body)(scope, receive, send)


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, data):
        self.writer.write(data)

    async def answer(self):
        """Return the body of an answer, or None if there is none; the connection is closed after it."""
        try:
            head, _, body = (await self.reader.read(-1)).partition(b"\r\n\r\n")
        except ConnectionError:
            return None
        assert not head or b"connection: close" in head.lower()
        return body if head else None

    async def closed_after(self):
        begun = time.monotonic()
        assert await self.answer() is None
        return time.monotonic() - begun


def serving(test):
    """Run a test with a server; it is given a function that connects from an address of this machine."""

    async def serve():
        config = uvicorn.Config(
            app,
            port=free_port(),
            http=BoundedProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            headers=[("Connection", "close")],
        )
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
        assert not BoundedProtocol._open

    def run():
        asyncio.run(serve())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@serving
async def test_a_connection_carries_one_request(connect):
    client = await connect()
    client.send(HEAD + b"one" + HEAD + b"two")
    assert await client.answer() == b"one"


@serving
async def test_what_sends_nothing_is_closed_at_the_deadline(connect):
    assert 0.5 < await (await connect()).closed_after() < 2


@serving
async def test_a_byte_at_a_time_moves_no_deadline(connect):
    for begun in (b"POST / HT", HEAD.replace(b"3", b"99")):
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
async def test_a_client_that_does_not_read_is_left_at_the_deadline(connect):
    client = await connect()
    client.send(HEAD.replace(b"/ ", b"/much ") + b"one")
    await asyncio.sleep(0.4)
    assert BoundedProtocol._open
    await asyncio.sleep(0.4)
    assert not BoundedProtocol._open
    with contextlib.suppress(ConnectionError):
        assert len(await client.reader.read(-1)) < 30_000_000


@serving
async def test_what_costs_much_to_parse_is_ended(connect):
    client = await connect()
    client.send(CHUNKED + b"1\r\na\r\n" * 200_000)  # four seconds of parsing
    assert await client.closed_after() < 0.5


@serving
async def test_a_large_body_costs_little(connect):
    client = await connect()
    client.send(HEAD.replace(b"3", b"262144") + b"x" * 262144)
    assert await client.answer() == b"x" * 262144
    client = await connect()
    client.send(CHUNKED + b"400\r\n%s\r\n" % (b"x" * 1024) * 64 + b"0\r\n\r\n")
    assert await client.answer() == b"x" * 65536


@serving
async def test_above_the_bound_the_newest_is_taken_and_the_oldest_ends(connect):
    clients = [await connect() for _ in range(6)]
    assert await clients[0].closed_after() < 0.3
    for client in clients[1:]:
        client.send(HEAD + b"one")
        assert await client.answer() == b"one"


@pytest.mark.parametrize("begun", [b"", LATE + b"one"], ids=["unfinished", "whole"])
def test_above_the_bound_the_address_with_the_most_loses_a_connection(begun):
    @serving
    async def test(connect):
        honest = await connect("127.0.0.2")
        attackers = [await connect() for _ in range(20)]
        for attacker in attackers:
            attacker.send(begun)
        honest.send(LATE + b"one")
        for _ in range(20):
            (await connect()).send(begun)
        assert await honest.answer() == b"one"
        assert await attackers[0].closed_after() < 0.3

    test()


@serving
async def test_what_is_kept_is_not_ended_to_make_room(connect):
    working = [await connect() for _ in range(5)]
    for client in working:
        client.send(HEAD.replace(b"/ ", b"/kept ") + b"one")
    await asyncio.sleep(0.1)
    for _ in range(20):
        await connect()
    assert [await client.answer() for client in working] == [b"one"] * 5
