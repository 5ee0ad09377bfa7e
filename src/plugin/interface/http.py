"""HTTP on the event loop: /health for probes, /metrics for Prometheus, and what the relay serves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from plugin.error import ERROR_ENVIRONMENT
from plugin.observe.metrics import REGISTRY
from plugin.setting.build import version
from plugin.setting.environment import PORT_TAKEN

BACKLOG = 128  # connections that wait to be taken
CONNECTION_SECONDS = 6.0  # from a connection to the last byte of its answer; ONS hangs up after 5
MAX_BYTES = 2 * 1024 * 1024  # of a request with its headers
MAX_PIECES = 1000  # of a body: ONS sends a dozen, and each costs processor time however short it is
MAX_STATUS_CONNECTIONS = 32
PATHS = "/health or /metrics\n"


def status_app(healthy: Callable[[], Awaitable[bool]]) -> Starlette:
    """Return the web application with /health and /metrics. `healthy` is asked at each call of /health."""

    async def health(_: Request) -> Response:
        return health_answer(healthy=await healthy())

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    async def elsewhere(_: Request) -> Response:
        return PlainTextResponse(PATHS, 404)

    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics), Route("/{path:path}", elsewhere)])


def health_answer(*, healthy: bool) -> JSONResponse:
    """Return the answer to /health: `{"status", "timestamp", "version"}`."""
    content = {
        "status": "healthy" if healthy else "unhealthy",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version(),
    }
    return JSONResponse(content, 200 if healthy else 503)


class HttpServer(uvicorn.Server):
    """Serve a web application on all addresses of IPv4 and IPv6. Use it as an asynchronous context manager.

    The event loop and its signals are the caller's. A connection carries one request, and ends after CONNECTION_SECONDS.
    """

    def __init__(
        self,
        app: Starlette,
        port: int,
        *,
        variable: str,
        max_connections: int = MAX_STATUS_CONNECTIONS,
        proxies: Sequence[str] = (),
    ) -> None:
        """Take the port; raise ERROR_ENVIRONMENT, which names the variable, if it is taken.

        Above `max_connections` the oldest that has not sent its request is ended. `proxies` are addresses and networks
        whose X-Forwarded-For is believed.
        """
        super().__init__(
            uvicorn.Config(
                app,
                http=partial(Connection, {}, max_connections),  # type: ignore[arg-type]  # it is called
                ws="none",
                lifespan="off",
                headers=[("Connection", "close")],
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                timeout_graceful_shutdown=int(CONNECTION_SECONDS),
            )
        )
        try:
            self._socket = listen(port)
        except OSError:
            raise ERROR_ENVIRONMENT(variable, PORT_TAKEN) from None
        self.port = self._socket.getsockname()[1]

    async def __aenter__(self) -> HttpServer:
        self._served = asyncio.create_task(self.serve(sockets=[self._socket]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.should_exit = True
        await self._served

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the caller."""
        yield


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with bounds: it would wait for ever for a request that has begun or an answer that is not read."""

    def __init__(self, by_age: dict[Connection, None], most: int, *arguments: Any, **named: Any) -> None:
        """`by_age` are the open connections of one server, the oldest first."""
        super().__init__(*arguments, **named)
        self._by_age, self._most = by_age, most
        self._bytes = self._pieces = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, and make room for it."""
        super().connection_made(transport)
        self._deadline = asyncio.get_running_loop().call_later(CONNECTION_SECONDS, transport.abort)
        self._by_age[self] = None
        if len(self._by_age) > self._most:
            oldest = next((each for each in self._by_age if each.cycle is None or each.cycle.more_body), self)
            del self._by_age[oldest]
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; end the connection of a client who sends too much."""
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            self.transport.abort()
        else:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Be done with it."""
        self._deadline.cancel()
        self._by_age.pop(self, None)
        super().connection_lost(exc)

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body; end the connection of a client who sends too many."""
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            self.transport.abort()
            raise ValueError("too many pieces")
        super().on_body(body)


def listen(port: int) -> socket.socket:
    """Return a socket of IPv4 and, where there is IPv6, of both; raise OSError if the port is taken."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
    return socket.create_server(("", port), backlog=BACKLOG)
