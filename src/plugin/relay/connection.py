"""A connection to the relay: how long a request may take to arrive, and which one ends when there are too many.

uvicorn ends a connection that is idle between two requests, and waits for ever for a request that has begun, or was never
begun: https://www.uvicorn.org/settings/#timeouts
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_UNFINISHED = 200  # connections from which a request is awaited
REQUEST_SECONDS = 4.0  # from the connection, or the first byte of a further request, to the end of the request's body
KEEP_ALIVE = 10  # seconds for a further request to begin
UNFINISHED = (h11.IDLE, h11.SEND_BODY)  # states in which the client has to send something


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 with a deadline for each request.

    Above MOST_UNFINISHED the address with the most connections that have no whole request loses its oldest. A new connection
    is always taken, so that honest requests, which arrive at once, pass even if they come from the same proxy as the others.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._deadline: asyncio.TimerHandle | None = None
        self._since = 0.0  # when that deadline began
        self._idle = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Expect a request, and make room for it."""
        super().connection_made(transport)
        self._expect(REQUEST_SECONDS)
        self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request."""
        if self._idle:
            self._expect(REQUEST_SECONDS)
        super().data_received(data)
        if self.conn.their_state not in UNFINISHED:
            self._expect_nothing()

    def on_response_complete(self) -> None:
        """Expect a further request, or what is missing of this one."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE:
            self._expect(KEEP_ALIVE)
            self._idle = True
        elif self.conn.their_state is h11.SEND_BODY and not self._deadline:
            self._expect(REQUEST_SECONDS)  # a further request has begun already

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._expect_nothing()
        super().connection_lost(exc)

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _expect(self, seconds: float) -> None:
        self._expect_nothing()
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(seconds, self._abort)

    def _expect_nothing(self) -> None:
        self._idle = False
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _abort(self) -> None:
        self._expect_nothing()
        self.transport.abort()

    def _make_room(self) -> None:
        unfinished = [each for each in self.connections if isinstance(each, BoundedProtocol) and each._deadline]
        if len(unfinished) > MOST_UNFINISHED:
            count = Counter(each._address for each in unfinished)
            max(unfinished, key=lambda each: (count[each._address], -each._since))._abort()
