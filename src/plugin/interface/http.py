"""HTTP on the event loop: /health for probes, /metrics for Prometheus, and what the relay serves."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from plugin import version
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.connection import CONNECTION_DEADLINE, Connection, Connections
from plugin.observe.metrics import REGISTRY
from plugin.setting.environment import PORT_TAKEN

BACKLOG = 128  # of connections not yet accepted
MAX_STATUS_CONNECTIONS = 32
OTHER_FILES = 64  # open files besides connections
PATHS = "/health or /metrics\n"


def status_app(healthy: Callable[[], Awaitable[bool]]) -> Starlette:
    """Return the web application with /health and /metrics. /health calls `healthy`."""

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    async def elsewhere(_: Request) -> Response:
        return PlainTextResponse(PATHS, 404)

    return Starlette(routes=[health_route(healthy), Route("/metrics", metrics), Route("/{path:path}", elsewhere)])


def health_route(healthy: Callable[[], Awaitable[bool]]) -> Route:
    """Return the route that answers /health: `{"status", "timestamp", "version"}`."""

    async def health(_: Request) -> Response:
        is_healthy = await healthy()
        content = {
            "status": "healthy" if is_healthy else "unhealthy",
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "version": version(),
        }
        return JSONResponse(content, 200 if is_healthy else 503)

    return Route("/health", health)


async def always_healthy() -> bool:
    """Return True: one event loop answers /health and everything else."""
    return True


class HttpServer(uvicorn.Server):
    """Serve a web application on all addresses of IPv4 and IPv6. Use it as an asynchronous context manager.

    The caller owns the event loop and its signals. A connection carries one request (see `plugin.interface.connection`).
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
        """Bind the port; raise ERROR_ENVIRONMENT with the variable if it is taken.

        Above `max_connections` the oldest connection with an incomplete request is aborted; if all are complete, uvicorn
        answers 503. `proxies` are the addresses and networks whose X-Forwarded-For is trusted.
        """
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files != resource.RLIM_INFINITY:
            max_connections = max(1, min(max_connections, files - OTHER_FILES))
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="off",
                headers=[("Connection", "close")],
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                limit_concurrency=max_connections + 1,
                timeout_graceful_shutdown=int(CONNECTION_DEADLINE) + 1,
            )
        )
        self.server_state = Connections(max_connections)
        self._stop = asyncio.Event()
        try:
            self._sockets = listen(port)
        except OSError:
            raise ERROR_ENVIRONMENT(variable, PORT_TAKEN) from None
        self.port = self._sockets[0].getsockname()[1]

    async def __aenter__(self) -> HttpServer:
        self._served = asyncio.create_task(self.serve(sockets=self._sockets))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._served

    async def main_loop(self) -> None:
        """Serve until the end of the context; uvicorn's own loop would wake up ten times a second."""
        await self.on_tick(0)
        await self._stop.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the caller."""
        yield


def listen(port: int) -> list[socket.socket]:
    """Return an IPv4 socket and, if available, one of IPv6; raise OSError if the port is taken.

    A dual-stack socket would show IPv4 clients as `::ffff:…`, which `proxies` does not match.
    """
    sockets = [socket.create_server(("", port), backlog=BACKLOG)]
    if socket.has_dualstack_ipv6():
        port = sockets[0].getsockname()[1]
        sockets.append(socket.create_server(("", port), family=socket.AF_INET6, backlog=BACKLOG))
    return sockets
