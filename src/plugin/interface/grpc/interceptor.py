"""The one place where a gRPC request is decoded, called, counted, timed, and its errors are named."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from plugin.error import ERROR_DEFECT, ERROR_MESSAGE, ERROR_ONS, ERROR_TOO_LARGE, bounded
from plugin.interface.grpc.turns import SMALL, Turns
from plugin.observe import metrics
from plugin.observe.defect import described
from plugin.observe.log import fields

_LOGGER = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024  # of a request; SpaceONE's REST API takes no more, and ONS sends 64 KB
SERVICES = "/spaceone."  # the beginning of the methods that are ours; health and reflection pass untouched


class ErrorInterceptor(grpc.ServerInterceptor):
    """Answer each request of SpaceONE with a reply, or with one error of the family ERROR_ONS as `CODE: text`.

    Nothing else leaves: what protobuf cannot decode (it refuses more than about 33 nested objects) is an ERROR_MESSAGE, and
    what nobody foresaw an ERROR_DEFECT.
    """

    def __init__(self) -> None:
        self._turns = Turns()
        self._handlers: dict[str, grpc.RpcMethodHandler] = {}  # by method: there are three, and they do not change

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        method = handler_call_details.method
        if method in self._handlers:
            return self._handlers[method]
        handler = continuation(handler_call_details)
        if handler is None or not method.startswith(SERVICES):
            return handler
        return self._handlers.setdefault(method, grpc.unary_unary_rpc_method_handler(_guarded(handler, method, self._turns)))


def _guarded(handler: grpc.RpcMethodHandler, method: str, turns: Turns) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    decode, call, encode = handler.request_deserializer, handler.unary_unary, handler.response_serializer
    seconds = metrics.seconds_by_method[method.rpartition("/")[2]]

    def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
        reply: bytes = encode(call(_decoded(decode, request), context))
        return reply

    def guarded(request: bytes, context: grpc.ServicerContext) -> bytes:
        started = time.perf_counter()
        try:
            if SMALL < len(request) <= MOST_BYTES:
                with turns.turn(len(request)):
                    return answer(request, context)
            return answer(request, context)
        except ERROR_ONS as e:
            _LOGGER.warning("refused: %s", e.message, extra=fields(error=e.error_code))
            error = e
        except Exception as e:  # noqa: BLE001 - what nobody foresaw may quote the sender, so neither log nor answer has its text
            _LOGGER.error("defect: %s", described(e))
            error = ERROR_DEFECT(type(e).__name__)
        finally:
            seconds.observe(time.perf_counter() - started)
        metrics.refusals.labels(error.error_code).inc()
        context.abort(grpc.StatusCode[error.status_code], bounded(f"{error.error_code}: {error.message}"))
        raise AssertionError("abort raises")

    return guarded


def _decoded(decode: Callable[[bytes], Any], request: bytes) -> Any:
    if len(request) > MOST_BYTES:
        raise ERROR_TOO_LARGE(f"more than {MOST_BYTES} bytes")
    try:
        return decode(request)
    except (DecodeError, RecursionError):
        raise ERROR_MESSAGE(reason="it is nested too deeply or is not valid UTF-8") from None
