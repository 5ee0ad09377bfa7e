"""HTTP beside gRPC: /health for probes, /metrics for Prometheus."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from plugin.observe.metrics import REGISTRY
from plugin.setting.build import NAME, version

IDLE_TIMEOUT = 5.0  # seconds that a client may hold a connection without sending


class HttpServer(ThreadingHTTPServer):
    """Serve on a port in threads of its own. `healthy` is asked at each call of /health."""

    daemon_threads = True
    request_queue_size = 128  # connections that wait to be taken; a full queue costs a probe seconds

    def __init__(self, port: int, healthy: Callable[[], bool]) -> None:
        super().__init__(("", port), _Handler)
        self.healthy = healthy

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self.serve_forever, name="http", daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: HttpServer
    timeout = IDLE_TIMEOUT

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health":
            self._answer(*health(self.server.healthy()))
        elif path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
        else:
            self._answer(404, "text/plain", b"/health or /metrics\n")

    def version_string(self) -> str:
        """Name the plugin, and not the version of Python."""
        return NAME

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
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
