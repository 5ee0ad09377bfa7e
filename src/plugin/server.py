"""The gRPC server on SpaceONE's framework, from its start to its end."""

from __future__ import annotations

import gc
import logging
import os
import sys
from concurrent import futures
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from spaceone.core import config
from spaceone.core.plugin.server import PluginServer
from spaceone.core.pygrpc.server import GRPCServer

from plugin import process
from plugin.ending import Signals
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.grpc.boundary import Undecodable
from plugin.interface.grpc.event import Event
from plugin.interface.grpc.webhook import Webhook
from plugin.interface.http import HttpServer
from plugin.log import facts

_LOGGER = logging.getLogger(__name__)

# Measured: from 4 to 100 threads are equally fast, and each costs memory. Outward calls may hold 24 of them (connector).
WORKERS = 40
FRAMEWORKS_WORKERS = 100  # what it asks for if nobody does
TAKEN = "the port is taken, or not permitted"
LAME_DUCK = 1.0  # seconds in which health already says NOT_SERVING and calls are still taken
GRACE = 10.0  # seconds for the calls in flight
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Server(GRPCServer):
    """The framework's server with our interceptor, one process a port, and an orderly end."""

    def __init__(self) -> None:  # not the framework's own, which would make a second server and its threads
        self._port: int = config.get_global("PORT")
        self._service_names: list[str] = []
        asked: int = config.get_global("MAX_WORKERS")
        self._server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=WORKERS if asked == FRAMEWORKS_WORKERS else asked),
            interceptors=(Undecodable(),),
            options=[("grpc.so_reuseport", 0)],  # a taken port is an error, not half of the calls
        )
        try:
            self._server.add_insecure_port(f"[::]:{self._port}")
        except RuntimeError:
            raise ERROR_ENVIRONMENT("SPACEONE_PORT", TAKEN) from None
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._service_names += [health.SERVICE_NAME, ""]  # "": the server over all
        self._set_health(NOT_SERVING)

    @property
    def healthy(self) -> bool:
        """Whether gRPC health answers SERVING."""
        request = health_pb2.HealthCheckRequest()
        return bool(self._health.Check(request, None).status == SERVING)

    def start(self) -> None:
        """Take calls, and say SERVING."""
        reflection.enable_server_reflection([*filter(None, self._service_names), reflection.SERVICE_NAME], self._server)
        gc.collect()
        gc.freeze()  # what is loaded stays, and need not be looked at with each collection
        self._server.start()
        self._set_health(SERVING)
        _LOGGER.info("serving", extra=facts(port=self._port, version=process.version()))

    def stop(self, hurry: Signals) -> None:
        """Say NOT_SERVING, then take no new calls and let those in flight finish, GRACE seconds at most."""
        self._health.enter_graceful_shutdown()
        hurry.wait(LAME_DUCK)
        self._server.stop(GRACE).wait(GRACE + 0.5)

    def _set_health(self, status: Any) -> None:
        for name in self._service_names:
            self._health.set(name, status)


class OnsPluginServer(PluginServer):
    """The plugin as `spaceone run plugin-server plugin` starts it."""

    _global_conf_path = "{package}.conf.global_conf:global_conf"

    def __init__(self) -> None:
        try:
            super().__init__()
            self._grpc_app = Server()
            for servicer in (Webhook, Event):
                self._grpc_app.add_service(servicer)
            Event.check()
            self._http = self._http_server(process.from_environment(os.environ).http_port)
        except ERROR_ENVIRONMENT as e:
            print(f"{process.NAME}: {e.message}", file=sys.stderr)  # noqa: T201 - for whoever starts it
            sys.exit(2)

    def _http_server(self, port: int | None) -> HttpServer | None:
        try:
            return HttpServer(port, lambda: self._grpc_app.healthy) if port else None
        except OSError:
            raise ERROR_ENVIRONMENT("ONS_HTTP_PORT", TAKEN) from None

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then end with status 0; a second signal shortens the end."""
        signals = Signals()
        if self._http:
            self._http.start()
        self._grpc_app.start()
        signals.wait()
        _LOGGER.info("ending")
        self._grpc_app.stop(signals)
        _LOGGER.info("ended")
        logging.shutdown()
        os._exit(0)  # whatever an outward call still waits for
