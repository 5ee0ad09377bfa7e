"""The servers on one event loop: gRPC for SpaceONE, HTTP for probes and Prometheus; from the start to the end."""

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
    ("grpc.so_reuseport", 0),  # a taken port is an error, not half of the calls
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),  # of any method
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.compression_enabled_algorithms_bitset", 1),  # none: a few kilobytes could become megabytes
    ("grpc.max_concurrent_streams", 100),  # of a connection
    # Milliseconds after which a silent client is asked whether it is still there, and for its answer. A limit of a
    # connection's age would end half-open calls too, but gRPC loses calls that arrive as it is reached (bin/soak).
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]
MAX_CALLS = 10_000  # in progress at once; a half-open one costs a coroutine and no thread
MIN_FILES = 1024  # that the process should be allowed to open
REFLECTION_SECONDS = 5.0  # after which a stream of reflection is ended; a client needs milliseconds
PROBE_SECONDS = 1.0  # in which gRPC must answer for /health to say 200
LAME_DUCK = 1.0  # seconds in which health already says NOT_SERVING and calls are still taken
GRACE = 10.0  # seconds for the calls in flight
SWITCH_INTERVAL = 0.0005  # seconds for which the heavy thread may keep the GIL from the event loop; Python's own is 0.005
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Server:
    """Serve on both ports; health says SERVING only after a message became an event."""

    def __init__(
        self, servicers: Sequence[Servicer], check: Callable[[], Awaitable[None]], *, port: int, http_port: int | None = None
    ) -> None:
        """Take what answers the calls, a check that a message becomes an event, and the ports (0: any, None: no HTTP)."""
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
        """Serve within the context, drain at its end, and return gRPC's port; raise ERROR_ENVIRONMENT for a taken port."""
        server = grpc.aio.server(options=OPTIONS, maximum_concurrent_rpcs=MAX_CALLS)
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
                from plugin.interface.http import HttpServer, status_app  # a tenth of the memory, only where it is wanted

                app = status_app(await stack.enter_async_context(probe(port)))
                await stack.enter_async_context(HttpServer(app, self._http_port, variable="ONS_HTTP_PORT"))
            gc.collect()
            gc.freeze()  # without it p99 at 32 calls is three times as long (bin/bench): what is loaded is not visited again
            await status.say(SERVING)
            await server.start()
            _warn_of_few_files()
            _LOGGER.info("serving", extra=fields(port=port, version=version()))
            try:
                yield port
            finally:
                await status.enter_graceful_shutdown()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._signals.acquire(), LAME_DUCK)
                await server.stop(GRACE)


class Health(health.aio.HealthServicer):
    """Health of the services that are there. gRPC's own would remember each unknown name that somebody watches."""

    def __init__(self, names: Sequence[str], check: Callable[[], Awaitable[None]]) -> None:
        """`check` raises an error unless a message becomes an event."""
        super().__init__()
        self._names = names
        self._check = check
        self._said = NOT_SERVING

    async def say(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        """Set the status of the server ("") and of each service."""
        self._said = status
        for name in self._names:
            await self.set(name, status)

    async def Check(  # noqa: N802 - gRPC's name
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """Answer SERVING only while messages become events. Who watches is told too."""
        try:
            await self._check()
            status = SERVING
        except Exception as e:  # noqa: BLE001 - whatever it is, alarms meet it too
            status = NOT_SERVING
            if status != self._said:
                _LOGGER.error("no message becomes an event: %s", describe_without_text(e))
        if status != self._said:
            await self.say(status)
        return await super().Check(request, context)

    async def Watch(  # noqa: N802 - gRPC's name
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> None:
        """Stream the status of a service; refuse a name that is none of ours."""
        if request.service not in self._names:
            await context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        await super().Watch(request, context)


class Reflection(reflection.aio.ReflectionServicer):
    """Describe the services, by which SpaceONE calls a plugin."""

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
    """Return what asks the plugin's own gRPC port, as SpaceONE would: the process answers HTTP even where no call passes."""
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
