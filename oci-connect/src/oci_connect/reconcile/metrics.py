"""/health and /metrics of a reconciler that runs periodically."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from oci_connect.reconcile.cycle import Report
from oci_connect.reconcile.state import Kind

ACTIONS = ("OK_TO_FIRING", "REPEAT", "FIRING_TO_OK", "resolve", "replay", "refused", "stopped")


class Metrics:
    """The metrics of a process; without the end of a cycle for `max_age` seconds it is unhealthy."""

    def __init__(self, max_age: float) -> None:
        self.registry = CollectorRegistry()
        self._drift = Gauge("oci_reconcile_drift", "Alarms and streams by what was found", ["state"], registry=self.registry)
        self._actions = Counter("oci_reconcile_actions", "What was done at SpaceONE", ["action"], registry=self.registry)
        text = "When a cycle last ended, and OCI and SpaceONE had answered all that was asked"
        self._success = Gauge("oci_reconcile_last_success_timestamp_seconds", text, registry=self.registry)
        self._max_age, self._ended = max_age, time.monotonic()
        for kind in Kind:
            self._drift.labels(kind.value)
        for action in ACTIONS:
            self._actions.labels(action)

    def succeed(self, report: Report) -> None:
        """Record a cycle."""
        for kind in Kind:
            self._drift.labels(kind.value).set(report.kinds[kind])
        for action, number in report.done.items():
            self._actions.labels(action).inc(number)
        if report.refusal:
            self._actions.labels("stopped").inc()
        if not report.unanswered:
            self._success.set_to_current_time()
        self.end()

    def end(self) -> None:
        """Record the end of a cycle, successful or not."""
        self._ended = time.monotonic()

    @property
    def is_healthy(self) -> bool:
        """Whether cycles still end."""
        return time.monotonic() - self._ended < self._max_age


def serve(metrics: Metrics, port: int) -> ThreadingHTTPServer:
    """Serve /health and /metrics in a thread."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds for a request: a slow client keeps no thread

        def do_GET(self) -> None:
            status, kind, content = 404, "text/plain", b"there are /health and /metrics\n"
            if self.path == "/metrics":
                status, kind, content = 200, CONTENT_TYPE_LATEST, generate_latest(metrics.registry)
            elif self.path == "/health":
                status, content = (200, b"ok\n") if metrics.is_healthy else (503, b"no cycle has ended for too long\n")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log no requests."""

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
