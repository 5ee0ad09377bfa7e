"""The process that serves the plugin, from its start to its end."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator

from plugin.app import wiring
from plugin.app.server import Server
from plugin.app.shutdown import ShutdownSignals
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.http import HttpServer
from plugin.observe.log import drain
from plugin.setting.build import NAME
from plugin.setting.environment import PORT_TAKEN

_LOGGER = logging.getLogger(__name__)

BAD_SETTING = 2  # the exit status


class Process:
    """gRPC for SpaceONE, and HTTP beside it where the environment asks for it.

    Both ports are taken at once; raise ERROR_ENVIRONMENT for one that is not to be had, or for a bad setting.
    """

    def __init__(self, port: int, workers: int) -> None:
        self._grpc = Server(port, workers)
        self._http = self._http_server(wiring.process_settings().http_port)

    def _http_server(self, port: int | None) -> HttpServer | None:
        try:
            return HttpServer(port, lambda: self._grpc.healthy) if port else None
        except OSError:
            raise ERROR_ENVIRONMENT("ONS_HTTP_PORT", PORT_TAKEN) from None

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then end with status 0; a second signal skips the drain."""
        signals = ShutdownSignals()
        if self._http:
            self._http.start()
        self._grpc.start()
        signals.wait()
        _LOGGER.info("ending")
        self._grpc.stop(signals)
        _LOGGER.info("ended")
        drain()
        os._exit(0)  # whatever an outward call or the log still waits for


@contextlib.contextmanager
def ended_by_a_bad_setting() -> Iterator[None]:
    """End the process with one line on standard error, and with BAD_SETTING, if a setting is refused."""
    try:
        yield
    except ERROR_ENVIRONMENT as e:
        print(f"{NAME}: {e.message}", file=sys.stderr)  # noqa: T201 - for whoever starts it
        sys.exit(BAD_SETTING)
