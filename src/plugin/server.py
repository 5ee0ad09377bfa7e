"""The servers on one event loop: gRPC for SpaceONE, HTTP for probes and Prometheus."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

from plugin import version
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.grpc.boundary import Servicer, generic_handler
from plugin.loop import configure
from plugin.observe.log import describe_without_text, fields
from plugin.setting.environment import PORT_TAKEN
from plugin.setting.limits import MAX_REQUEST_BYTES

_LOGGER = logging.getLogger(__name__)

OPTIONS = [
    ("grpc.so_reuseport", 0),  # otherwise two processes could share the port, each with half of the calls
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),  # of any method
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.compression_enabled_algorithms_bitset", 1),  # none, because of decompression bombs
    ("grpc.max_concurrent_streams", 100),  # of a connection
    # Milliseconds. A maximum connection age would end half-open calls too, but gRPC loses calls that arrive at that moment
    # (bin/soak).
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]
MAX_CONCURRENT_RPCS = 10_000  # in progress at once; a half-open one costs a coroutine and no thread
MIN_FILES = 1024  # below it, a warning is logged at the start
REFLECTION_SECONDS = 5.0  # after which a reflection stream is ended
PROBE_SECONDS = 1.0  # in which gRPC must answer for /health to say 200
LAME_DUCK_SECONDS = 1.0  # health says NOT_SERVING, and calls are still accepted
GRACE_SECONDS = 10.0  # for the calls in flight
SWITCH_INTERVAL = 0.0005  # seconds until the heavy thread yields the GIL to the event loop; Python's default is 0.005
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Server:
    """Serve on both ports; health says SERVING only after a message became an event."""

    def __init__(
        self, servicers: Sequence[Servicer], check: Callable[[], Awaitable[None]], *, port: int, http_port: int | None = None
    ) -> None:
        """`check` raises an error unless a message becomes an event. Port 0 is any free one; without `http_port`, no HTTP."""
        self._servicers = servicers
        self._check = check
        self._port = port
        self._http_port = http_port
        self._signals = asyncio.Semaphore(0)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then drain; a second signal skips the drain."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signals.release)
        configure(loop)
        async with self.serving():
            await self._signals.acquire()
            _LOGGER.info("ending")
        _LOGGER.info("ended")

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Serve within the context, drain at its end, and yield gRPC's port; raise ERROR_ENVIRONMENT for a taken port."""
        server = grpc.aio.server(options=OPTIONS, maximum_concurrent_rpcs=MAX_CONCURRENT_RPCS)
        try:
            port = server.add_insecure_port(f"[::]:{self._port}")
        except RuntimeError:
            raise ERROR_ENVIRONMENT("SPACEONE_PORT", PORT_TAKEN) from None
        names = [servicer.DESCRIPTOR.full_name for servicer in self._servicers]
        status = Health(("", *names, health.SERVICE_NAME), self._check)
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
        server.add_generic_rpc_handlers(tuple(map(generic_handler, self._servicers)))
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(
            Reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME]), server
        )
        await self._check()
        async with contextlib.AsyncExitStack() as stack:
            if self._http_port is not None:
                from plugin.interface.http import HttpServer, status_app  # 10 % of the memory: only where it is used

                app = status_app(await stack.enter_async_context(probe(port)))
                await stack.enter_async_context(HttpServer(app, self._http_port, variable="ONS_HTTP_PORT"))
            gc.collect()
            gc.freeze()  # the collector skips what is loaded: p99 at 32 calls is a third (bin/bench)
            await status.set_all(SERVING)
            await server.start()
            _warn_of_few_files()
            _LOGGER.info("serving", extra=fields(port=port, version=version()))
            try:
                yield port
            finally:
                await status.enter_graceful_shutdown()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._signals.acquire(), LAME_DUCK_SECONDS)
                await server.stop(GRACE_SECONDS)


class Health(health.aio.HealthServicer):
    """Health of known services only: gRPC's own servicer keeps state for each unknown name that a client watches."""

    def __init__(self, names: Sequence[str], check: Callable[[], Awaitable[None]]) -> None:
        """`check` raises an error unless a message becomes an event."""
        super().__init__()
        self._names = names
        self._check = check
        self._status = NOT_SERVING

    async def set_all(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        """Set the status of the server ("") and of each service."""
        self._status = status
        for name in self._names:
            await self.set(name, status)

    async def Check(  # noqa: N802 - gRPC's name
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """Answer SERVING only while messages become events; watchers get each change."""
        try:
            await self._check()
            status = SERVING
        except Exception as e:  # noqa: BLE001 - any error here would meet alarms too
            status = NOT_SERVING
            if status != self._status:
                _LOGGER.error("no message becomes an event: %s", describe_without_text(e))
        if status != self._status:
            await self.set_all(status)
        return await super().Check(request, context)

    async def Watch(  # noqa: N802 - gRPC's name
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> None:
        """Stream the status of a service; refuse an unknown name."""
        if request.service not in self._names:
            await context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        await super().Watch(request, context)


class Reflection(reflection.aio.ReflectionServicer):
    """Describe the services: SpaceONE needs reflection to call a plugin."""

    async def ServerReflectionInfo(  # noqa: N802 - gRPC's name
        self, request_iterator: AsyncIterator[reflection_pb2.ServerReflectionRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[reflection_pb2.ServerReflectionResponse]:
        """Answer until the client ends the stream, or for REFLECTION_SECONDS."""
        try:
            async with asyncio.timeout(REFLECTION_SECONDS):
                async for response in super().ServerReflectionInfo(request_iterator, context):
                    yield response
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the stream was open for too long")


@contextlib.asynccontextmanager
async def probe(port: int) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Return a check that calls the plugin's own gRPC port: HTTP may still answer when gRPC does not."""
    async with grpc.aio.insecure_channel(f"localhost:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = health_pb2_grpc.HealthStub(channel)

        async def healthy() -> bool:
            """Return whether gRPC health says SERVING within PROBE_SECONDS."""
            try:
                reply = await stub.Check(health_pb2.HealthCheckRequest(), timeout=PROBE_SECONDS)
            except grpc.RpcError:
                return False
            return bool(reply.status == SERVING)

        yield healthy


def _warn_of_few_files() -> None:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < MIN_FILES:
        _LOGGER.warning("the process may open %d files: connections can use them up; raise nofile to %d", files, MIN_FILES)
