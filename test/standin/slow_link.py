"""A TCP proxy on loopback whose answers come late, as those of a server that is far away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def slow_link(port: int, seconds: float) -> AsyncIterator[int]:
    """Serve within the context, on the running event loop, and return the port."""

    writers: list[asyncio.StreamWriter] = []

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, to_server))
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(_forward(reader, to_server, 0.0), _forward(from_server, writer, seconds))

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.sleep(seconds)  # until what was on its way has arrived


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    while data := await reader.read(65536):
        asyncio.get_running_loop().call_later(seconds, writer.write, data)
    await asyncio.sleep(seconds)
    writer.close()
