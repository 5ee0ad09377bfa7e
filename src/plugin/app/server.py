"""The gRPC server, from its start to its end."""

from __future__ import annotations

import gc
import logging
from concurrent import futures
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from spaceone.api.monitoring.plugin import event_pb2, event_pb2_grpc, webhook_pb2, webhook_pb2_grpc

from plugin.app import wiring
from plugin.app.shutdown import ShutdownSignals
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.grpc.event import Event
from plugin.interface.grpc.interceptor import ErrorInterceptor
from plugin.interface.grpc.pools import PoolInterceptor
from plugin.interface.grpc.webhook import Webhook
from plugin.observe.log import fields
from plugin.service.event_service import EventService
from plugin.service.webhook_service import WebhookService
from plugin.setting.build import version
from plugin.setting.environment import PORT_TAKEN

_LOGGER = logging.getLogger(__name__)

REFLECTION_WORKERS = 200
HEALTH_WORKERS = 200
REFLECTION_SECONDS = 5.0  # after which a stream of reflection is ended; a client needs milliseconds
MOST_STREAMS = 100  # of one connection at a time
# Milliseconds after which a silent client is asked whether it is still there, and for its answer. A limit of a connection's age
# would end half-open calls too, but gRPC loses calls that arrive as it is reached: bin/soak lost 80 of 526,747.
KEEPALIVE_TIME, KEEPALIVE_TIMEOUT = 60_000, 10_000
PROBE_SECONDS = 1.0  # in which a thread for calls must be free
LAME_DUCK = 1.0  # seconds in which health already says NOT_SERVING and calls are still taken
GRACE = 10.0  # seconds for the calls in flight
SERVICE_NAMES = (
    event_pb2.DESCRIPTOR.services_by_name["Event"].full_name,
    webhook_pb2.DESCRIPTOR.services_by_name["Webhook"].full_name,
    health.SERVICE_NAME,
)
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Server:
    """The gRPC server: one process a port, our interceptor, health that tells the truth, and an orderly end."""

    def __init__(self, port: int, workers: int) -> None:
        self._workers = futures.ThreadPoolExecutor(workers, "call")
        pools = {
            f"/{health.SERVICE_NAME}/": futures.ThreadPoolExecutor(HEALTH_WORKERS, "health"),
            f"/{reflection.SERVICE_NAME}/": futures.ThreadPoolExecutor(REFLECTION_WORKERS, "reflection"),
        }
        self._server = grpc.server(
            self._workers,
            interceptors=(ErrorInterceptor(), PoolInterceptor(pools, REFLECTION_SECONDS)),
            options=[
                ("grpc.so_reuseport", 0),  # a taken port is an error, not half of the calls
                ("grpc.max_concurrent_streams", MOST_STREAMS),
                ("grpc.keepalive_time_ms", KEEPALIVE_TIME),
                ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT),
            ],
        )
        try:
            self.port = self._server.add_insecure_port(f"[::]:{port}")
        except RuntimeError:
            raise ERROR_ENVIRONMENT("SPACEONE_PORT", PORT_TAKEN) from None
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        event, webhook = Event(EventService(wiring.event_manager())), Webhook(WebhookService(wiring.webhook_manager()))
        event.check()
        event_pb2_grpc.add_EventServicer_to_server(event, self._server)
        webhook_pb2_grpc.add_WebhookServicer_to_server(webhook, self._server)
        reflection.enable_server_reflection([*SERVICE_NAMES, reflection.SERVICE_NAME], self._server)
        self._set_health(NOT_SERVING)

    @property
    def healthy(self) -> bool:
        """Whether health says SERVING, and a thread for calls becomes free within PROBE_SECONDS."""
        if self._health.Check(health_pb2.HealthCheckRequest(), None).status != SERVING:
            return False
        try:
            self._workers.submit(int).result(PROBE_SECONDS)
        except futures.TimeoutError:
            return False
        return True

    def start(self) -> None:
        """Take calls, and say SERVING."""
        gc.collect()
        gc.freeze()  # bin/bench: without it p99 at 32 calls is three times as long; what is loaded need not be visited again
        self._server.start()
        self._set_health(SERVING)
        _LOGGER.info("serving", extra=fields(port=self.port, version=version()))

    def stop(self, skip_drain: ShutdownSignals) -> None:
        """Say NOT_SERVING, drain for LAME_DUCK seconds unless a signal skips that, then let calls in flight finish."""
        self._health.enter_graceful_shutdown()
        skip_drain.wait(LAME_DUCK)
        self._server.stop(GRACE).wait(GRACE + 0.5)

    def _set_health(self, status: Any) -> None:
        for name in ("", *SERVICE_NAMES):  # "": the server over all
            self._health.set(name, status)
