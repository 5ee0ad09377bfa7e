"""The boundary: the one place where a request of SpaceONE is decoded, called, counted, timed, and its errors are named."""

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

# Where an object may begin: in JSON text, in JSON within JSON, in a Struct (the tag of struct_value).
OBJECTS = (b"{", b"\\u007", b"*")
TOO_DEEP = "it is nested too deeply or is not valid UTF-8"
M = TypeVar("M", bound=Message)
Context: TypeAlias = grpc.aio.ServicerContext
Handler = Callable[[bytes, Context], Awaitable[bytes]]


class Servicer(Protocol):
    """Has a method for each of the service that it describes: bytes in, bytes out."""

    DESCRIPTOR: Any  # protobuf's ServiceDescriptor


def generic_handler(servicer: Servicer) -> grpc.GenericRpcHandler:
    """Return what gRPC serves for a service: each method takes and returns bytes, within the boundary.

    An interceptor would do the same at the price of two further coroutines for each call.
    """
    service = servicer.DESCRIPTOR
    methods = {method.name: grpc.unary_unary_rpc_method_handler(_guard(servicer, method.name)) for method in service.methods}
    return grpc.method_handlers_generic_handler(service.full_name, methods)


def decode(kind: type[M], request: bytes) -> M:
    """Return the message; raise ERROR_MESSAGE for what protobuf cannot decode (more than about 33 nested objects, for one)."""
    try:
        return kind.FromString(request)
    except (DecodeError, RecursionError):
        raise ERROR_MESSAGE(reason=TOO_DEEP) from None


def is_heavy(request: bytes) -> bool:
    """Say whether reading a request may hold the event loop: it is long, or may have many objects."""
    return len(request) > LIGHT_BYTES or sum(map(request.count, OBJECTS)) > LIGHT_OBJECTS


def _guard(servicer: Servicer, method: str) -> Handler:
    """Answer each request with a reply, or with one error of the family ERROR_ONS as `CODE: text`. Nothing else leaves."""
    call: Handler = getattr(servicer, method)
    seconds = metrics.seconds_by_method[method]

    async def guarded(request: bytes, context: Context) -> bytes:
        started = time.perf_counter()
        try:
            return await call(request, context)
        except ERROR_ONS as e:
            _LOGGER.warning("refused: %s", e.message, extra=fields(error=e.error_code))
            error = e
        except Exception as e:  # noqa: BLE001 - an unexpected error may quote the sender: neither log nor answer has its text
            _LOGGER.error("defect: %s", describe_without_text(e))
            error = ERROR_DEFECT(kind=type(e).__name__)
        finally:
            seconds.observe(time.perf_counter() - started)
        metrics.refusals.labels(error.error_code).inc()
        await context.abort(grpc.StatusCode[error.status_code], limit_bytes(f"{error.error_code}: {error.message}"))
        raise AssertionError("abort raises")

    return guarded
