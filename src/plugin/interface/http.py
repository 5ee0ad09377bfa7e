"""HTTP beside gRPC: /health for probes, /metrics for Prometheus."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from plugin.observe.metrics import REGISTRY
from plugin.setting.build import NAME, version

MOST_CONNECTIONS = 16  # served at once; a further one takes the place of the oldest, which had its time
BACKLOG = 128  # connections that wait to be taken
DEADLINE = 5.0  # seconds for a whole connection
SHUTDOWN_POLL = 3600.0  # seconds between two looks for `shutdown`, which only tests call; at rest nothing wakes
PATHS = "/health or /metrics\n"


class HttpServer(ThreadingHTTPServer):
    """Serve on a port of IPv4 and IPv6 in threads of its own. `healthy` is asked at each call of /health.

    A client that sends slowly cannot hold the server: a connection has a deadline, and above a number the oldest is ended.
    """

    daemon_threads = True
    request_queue_size = BACKLOG

    def __init__(self, port: int, healthy: Callable[[], bool]) -> None:
        dual = socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if dual else socket.AF_INET
        self.healthy = healthy
        self._lock = threading.Lock()
        self._connections: OrderedDict[socket.socket, threading.Timer] = OrderedDict()
        super().__init__(("", port), _Handler)

    def server_bind(self) -> None:
        """Take IPv4 too on a socket of IPv6."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self.serve_forever, args=(SHUTDOWN_POLL,), name="http", daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin with a connection; end the oldest if there are too many."""
        timer = threading.Timer(DEADLINE, _end, (request,))
        timer.daemon = True
        with self._lock:
            self._connections[request] = timer
            oldest = self._connections.popitem(last=False) if len(self._connections) > MOST_CONNECTIONS else None
        timer.start()
        if oldest:
            oldest[1].cancel()
            _end(oldest[0])
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Be done with a connection."""
        with self._lock:
            timer = self._connections.pop(request, None)
        if timer:
            timer.cancel()
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write nothing: a connection that broke, or was ended, is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    timeout = DEADLINE

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health":
            self._answer(*health(self.server.healthy()))
        elif path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
        else:
            self._answer(404, "text/plain", PATHS.encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def version_string(self) -> str:
        """Name the plugin, and not the version of Python."""
        return NAME

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: a probe a second is no news."""


def health(healthy: bool) -> tuple[int, str, bytes]:
    """Return the answer to /health: status, content type, `{"status", "timestamp", "version"}`."""
    content = {
        "status": "healthy" if healthy else "unhealthy",
        "timestamp": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "version": version(),
    }
    return 200 if healthy else 503, "application/json", json.dumps(content).encode()


def _end(connection: socket.socket) -> None:
    """Wake the thread that reads from a connection, which then closes it."""
    with contextlib.suppress(OSError):  # it may be closed already
        connection.shutdown(socket.SHUT_RDWR)
