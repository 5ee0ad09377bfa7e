"""The gRPC server on SpaceONE's framework."""

from __future__ import annotations

import sys
from concurrent import futures

import grpc
from spaceone.core import config
from spaceone.core.plugin.server import PluginServer
from spaceone.core.pygrpc.extension.grpc_health import GRPCHealth
from spaceone.core.pygrpc.server import GRPCServer

from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.grpc.boundary import Undecodable
from plugin.interface.grpc.event import Event
from plugin.interface.grpc.webhook import Webhook


class Server(GRPCServer):
    """The framework's server with our interceptor, and with one process a port."""

    def __init__(self) -> None:  # not the framework's own, which would make a second server and its threads
        self._service = config.get_service()
        self._port = config.get_global("PORT")
        self._max_workers = config.get_global("MAX_WORKERS")
        self._service_names: list[str] = []
        self._server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=self._max_workers),
            interceptors=(Undecodable(),),
            options=[("grpc.so_reuseport", 0)],  # a taken port is an error, not half of the calls
        )


class OnsPluginServer(PluginServer):
    """The plugin as `spaceone run plugin-server plugin` starts it."""

    _global_conf_path = "{package}.conf.global_conf:global_conf"

    def __init__(self) -> None:
        super().__init__()
        self._grpc_app = Server()
        try:
            for servicer in (Webhook, Event, GRPCHealth):
                self._grpc_app.add_service(servicer)
        except ERROR_ENVIRONMENT as e:
            print(f"plugin-oci-ons-mon-webhook: {e.message}", file=sys.stderr)  # noqa: T201 - for whoever starts it
            sys.exit(2)

    def run(self) -> None:
        """Serve until the process is stopped."""
        self._grpc_app.run()
