"""An HTTP connection with one request, limited in time, bytes, chunks and number."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from plugin.setting.limits import ONS_TIMEOUT

CONNECTION_DEADLINE = ONS_TIMEOUT + 1.0  # seconds from the connection to the end of the answer
MAX_HEAD_BYTES = 16 * 1024  # of the request line, headers and trailers
MAX_CONNECTION_BYTES = 2 * 1024 * 1024  # received in total
MAX_CHUNKS = 256  # reads, and chunks of a body: each costs CPU time; ONS's 64 KB take 50


class Connections(ServerState):
    """uvicorn's server state, with the connections whose request is incomplete, the oldest first."""

    def __init__(self, max_connections: int) -> None:
        super().__init__()
        self.max_connections = max_connections
        self.incomplete: dict[Connection, None] = {}

    def evict_oldest(self) -> None:
        """Abort the oldest connection with an incomplete request, if there are too many (slow loris)."""
        if len(self.connections) > self.max_connections and len(self.incomplete) > 1:
            oldest = next(iter(self.incomplete))
            del self.incomplete[oldest]
            self.connections.discard(oldest)
            oldest.transport.abort()


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, which has no timeout for an incomplete request or an unread answer, with limits."""

    server_state: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the deadline."""
        super().connection_made(transport)
        self._bytes = self._head_bytes = self._chunks = 0
        self._deadline = asyncio.get_running_loop().call_later(CONNECTION_DEADLINE, transport.abort)
        self.server_state.incomplete[self] = None
        self.server_state.evict_oldest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadline."""
        self._deadline.cancel()
        self.server_state.incomplete.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data; abort the connection if a client sends too much or too many chunks."""
        self._bytes += len(data)
        self._chunks += 1
        if self._bytes > MAX_CONNECTION_BYTES or self._chunks > MAX_CHUNKS:
            self.transport.abort()
            return
        super().data_received(data)
        if self.cycle is None and self._bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header or trailer."""
        self._head_bytes += len(name) + len(value) + 4  # ": " and CRLF
        if self._head_bytes > MAX_HEAD_BYTES:
            raise ValueError("headers too large")  # answered with 400
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Count a chunk of the body."""
        self._chunks += 1
        if self._chunks > MAX_CHUNKS:
            self.transport.abort()
            raise ValueError("too many chunks")  # stops the parser
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Mark the request as complete."""
        self.server_state.incomplete.pop(self, None)
        super().on_message_complete()
