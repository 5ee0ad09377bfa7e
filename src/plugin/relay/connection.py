"""A connection to the relay: one request and its answer, bounded in time, in work, and in number for each client.

uvicorn waits for ever for a request that has begun, or was never begun, and for a client that does not read its answer:
https://www.uvicorn.org/settings/#timeouts. So this protocol stands between asyncio and uvicorn's own, and ends what takes
too much. It knows no HTTP. That a connection carries one request is said by the header `Connection: close` of all answers.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from plugin.relay.network import network_of

MOST_CONNECTIONS = 300
EXCHANGE_SECONDS = 6.0  # from the connection to the last byte of the answer; ONS hangs up after 5
# Processor time for what a connection sends: 64 KB cost 0.3 ms, and in chunks of one byte a thousand times that.
PARSING_SECONDS = 0.05
PIECE = 4096  # bytes that are read at a time, so that all connections have their turn
CONNECTION = "connection"  # in the state of a request: https://asgi.readthedocs.io/en/latest/specs/lifespan.html#lifespan-state


class BoundedProtocol(asyncio.BufferedProtocol):
    """uvicorn's HTTP/1.1 with bounds.

    Above MOST_CONNECTIONS the client with the most connections loses its oldest, whatever it was doing, unless its message
    is on the way to SpaceONE already. A new connection is always taken, so that an honest delivery passes even if it comes
    from the same proxy as the others.
    """

    _open: ClassVar[dict[BoundedProtocol, str]] = {}  # connection -> whose it is; the oldest first
    _piece = bytearray(PIECE)  # one for all connections: what was read is taken before anything else is read

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        self._http = H11Protocol(config, server_state, {**app_state, CONNECTION: self}, _loop)
        self._work = 0.0  # seconds
        self.kept = False  # whether it may not be ended to make room

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, and make room for it."""
        self._transport = cast(asyncio.Transport, transport)
        self._deadline = asyncio.get_running_loop().call_later(EXCHANGE_SECONDS, self._end)
        self._open[self] = network_of(transport.get_extra_info("peername")[0])
        self._http.connection_made(self._transport)
        self._make_room()

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio passes it
        """Return where to write what is read."""
        return self._piece

    def buffer_updated(self, nbytes: int) -> None:
        """Take a piece of a request."""
        begun = time.thread_time()
        self._http.data_received(bytes(self._piece[:nbytes]))
        self._work += time.thread_time() - begun
        if self._work > PARSING_SECONDS:
            self._end()

    def eof_received(self) -> None:
        """Take the end of what the client sends."""
        self._http.eof_received()

    def pause_writing(self) -> None:
        """Learn that the client does not read."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Learn that the client reads again."""
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Be done with it."""
        self._deadline.cancel()
        self._open.pop(self, None)
        self._http.connection_lost(exc)

    def _end(self) -> None:
        self._open.pop(self, None)
        self._transport.abort()

    def _make_room(self) -> None:
        if len(self._open) > MOST_CONNECTIONS:
            candidates = {each: client for each, client in self._open.items() if not each.kept}
            count = Counter(candidates.values())
            max(candidates, key=lambda each: count[candidates[each]])._end()  # the first of them is the oldest


@contextmanager
def kept(scope: MutableMapping[str, Any]) -> Iterator[None]:
    """Keep the connection of a request, so that none is ended after SpaceONE took its message and before that is said."""
    connection = scope.get("state", {}).get(CONNECTION)
    if not connection:  # there is none where a test calls the application itself
        yield
        return
    connection.kept = True
    try:
        yield
    finally:
        connection.kept = False
