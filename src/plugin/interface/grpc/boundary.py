"""What keeps defects and undecodable requests from leaving as anything but a named error."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError

from plugin import metric
from plugin.error import ERROR_DEFECT, ERROR_MESSAGE, ERROR_ONS
from plugin.log import facts

_LOGGER = logging.getLogger(__name__)
UNDECODABLE = object()
_Reply = TypeVar("_Reply")


def named_errors(method: Callable[..., _Reply]) -> Callable[..., _Reply]:
    """Let only ERROR_ONS out of a gRPC method. The log gets the place of a defect, not its text: that may quote the sender."""

    @functools.wraps(method)
    def guarded(self: Any, request: Any, context: grpc.ServicerContext) -> _Reply:
        try:
            if request is UNDECODABLE:
                raise ERROR_MESSAGE(reason="it is nested too deeply or is not valid UTF-8")
            return method(self, request, context)
        except ERROR_ONS as e:
            metric.REFUSALS_BY[e.error_code].inc()
            _LOGGER.warning("refused: %s", e.message, extra=facts(error=e.error_code))
            raise
        except Exception as e:  # noqa: BLE001 - the last boundary: what is not known must not be quoted to strangers
            place = traceback.extract_tb(e.__traceback__)[-1]
            _LOGGER.error("defect: %s at %s:%s", type(e).__name__, place.filename, place.lineno)
            metric.REFUSALS_BY[ERROR_DEFECT.__name__].inc()
            raise ERROR_DEFECT(type(e).__name__) from None

    return guarded


class Undecodable(grpc.ServerInterceptor):
    """Hand a request that protobuf cannot decode on as UNDECODABLE, so that the method names the error.

    Protobuf refuses what is nested more than about 33 objects deep; gRPC would answer "Exception deserializing request!".
    """

    def __init__(self) -> None:
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
        if handler is None or not method.startswith("/spaceone."):
            return handler
        decode = handler.request_deserializer

        def decoded(request: bytes) -> Any:
            try:
                return decode(request)
            except (DecodeError, RecursionError):
                return UNDECODABLE

        own = grpc.unary_unary_rpc_method_handler(handler.unary_unary, decoded, handler.response_serializer)
        return self._handlers.setdefault(method, own)
