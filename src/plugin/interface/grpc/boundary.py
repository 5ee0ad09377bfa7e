"""The gRPC boundary: decode, count and time requests, and map errors to statuses."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from plugin.error import ERROR_DEFECT, ERROR_MESSAGE, ERROR_ONS, limit_bytes
from plugin.observe import metrics
from plugin.observe.log import describe_without_text, fields
from plugin.setting.limits import LIGHT_BYTES, LIGHT_OBJECTS

_LOGGER = logging.getLogger(__name__)

# The start of an object: in JSON, in escaped JSON, in a Struct (the tag of struct_value).
OBJECT_MARKERS = (b"{", b"\\u007", b"*")
UNDECODABLE = "it is nested too deeply or is not valid UTF-8"
M = TypeVar("M", bound=Message)
Context: TypeAlias = grpc.aio.ServicerContext
Handler = Callable[[bytes, Context], Awaitable[bytes]]


class Servicer(Protocol):
    """Has a method, bytes to bytes, for each RPC in its DESCRIPTOR."""

    DESCRIPTOR: Any  # protobuf's ServiceDescriptor


def generic_handler(servicer: Servicer) -> grpc.GenericRpcHandler:
    """Return gRPC's handler of a service.

    An interceptor would do the same, with two more coroutines for each call.
    """
    service = servicer.DESCRIPTOR
    methods = {method.name: grpc.unary_unary_rpc_method_handler(_guard(servicer, method.name)) for method in service.methods}
    return grpc.method_handlers_generic_handler(service.full_name, methods)


def decode(kind: type[M], request: bytes) -> M:
    """Return the message; raise ERROR_MESSAGE if protobuf cannot decode it (such as more than about 33 nested objects)."""
    try:
        return kind.FromString(request)
    except (DecodeError, RecursionError):
        raise ERROR_MESSAGE(reason=UNDECODABLE) from None


def is_heavy(request: bytes) -> bool:
    """Say whether decoding a request could block the event loop: it is long, or may have many objects."""
    return len(request) > LIGHT_BYTES or sum(map(request.count, OBJECT_MARKERS)) > LIGHT_OBJECTS


def _guard(servicer: Servicer, method: str) -> Handler:
    """Answer each request with a reply, or with an ERROR_ONS as `CODE: text`."""
    call: Handler = getattr(servicer, method)
    seconds = metrics.seconds_by_method[method]

    async def guarded(request: bytes, context: Context) -> bytes:
        started = time.perf_counter()
        try:
            return await call(request, context)
        except ERROR_ONS as e:
            _LOGGER.warning("refused: %s", e.message, extra=fields(error=e.error_code))
            error = e
        except Exception as e:  # noqa: BLE001 - its text may quote the sender: neither logged nor answered
            _LOGGER.error("defect: %s", describe_without_text(e))
            error = ERROR_DEFECT(kind=type(e).__name__)
        finally:
            seconds.observe(time.perf_counter() - started)
        metrics.refusals.labels(error.error_code).inc()
        await context.abort(grpc.StatusCode[error.status_code], limit_bytes(f"{error.error_code}: {error.message}"))
        raise AssertionError("abort raises")

    return guarded
