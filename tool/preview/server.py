"""The server of the page, only on 127.0.0.1 and without logs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

ADDRESS = "127.0.0.1"
MAX_PREVIEW_CONNECTIONS = 64


def listen(port: int) -> socket.socket:
    """Return a listening socket; raise OSError if the port is taken."""
    return socket.create_server((ADDRESS, port))


def server() -> uvicorn.Server:
    """Return the server of the page."""
    from preview.app import app  # takes a second: only after the port was bound

    return uvicorn.Server(
        uvicorn.Config(
            app(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_PREVIEW_CONNECTIONS,
            timeout_graceful_shutdown=1,
        )
    )


@contextmanager
def served() -> Iterator[str]:
    """Serve the page in a thread, on a free port, and yield its address."""
    with listen(0) as listener:
        running = server()
        thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        try:
            yield f"http://{ADDRESS}:{listener.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join()
