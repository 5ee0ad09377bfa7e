"""One HTTP connection: one request and its answer, bounded in time, bytes, work and number."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from plugin.setting.limits import ONS_TIMEOUT

MAX_SECONDS = ONS_TIMEOUT + 1.0  # from a connection to the last byte of its answer
MAX_HEAD_BYTES = 16 * 1024  # of the request line and the headers, trailers included
MAX_BYTES = 2 * 1024 * 1024  # of all that a client sends
MAX_PIECES = 256  # reads, and chunks of a body: ONS's 64 KB make 50 of them, and each costs CPU time however short it is


class Connections(ServerState):
    """uvicorn's state of a server, and its connections whose request is not complete, the oldest first."""

    def __init__(self, max_connections: int) -> None:
        super().__init__()
        self.max_connections = max_connections
        self.incomplete: dict[Connection, None] = {}

    def make_room(self) -> None:
        """End the oldest connection whose request is not complete, if there are too many (slow loris)."""
        if len(self.connections) > self.max_connections and len(self.incomplete) > 1:
            oldest = next(iter(self.incomplete))
            del self.incomplete[oldest]
            self.connections.discard(oldest)
            oldest.transport.abort()


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which by itself waits for ever for a request that has begun or an answer that is not read."""

    server_state: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin with a connection."""
        super().connection_made(transport)
        self._bytes = self._head_bytes = self._pieces = 0
        self._deadline = asyncio.get_running_loop().call_later(MAX_SECONDS, transport.abort)
        self.server_state.incomplete[self] = None
        self.server_state.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Be done with it."""
        self._deadline.cancel()
        self.server_state.incomplete.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what was read; end the connection of a client who sends too much, or in too many pieces."""
        self._bytes += len(data)
        self._pieces += 1
        if self._bytes > MAX_BYTES or self._pieces > MAX_PIECES:
            self.transport.abort()
            return
        super().data_received(data)
        if self.cycle is None and self._bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or one that follows the body."""
        self._head_bytes += len(name) + len(value) + 4  # with ": " and the line end
        if self._head_bytes > MAX_HEAD_BYTES:
            raise ValueError("headers too large")  # answered with 400
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            self.transport.abort()
            raise ValueError("too many chunks")  # ends the parsing
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        self.server_state.incomplete.pop(self, None)
        super().on_message_complete()
