"""Threads of their own for health and reflection, so that neither waits for the other or for alarms, nor holds them up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc


class PoolInterceptor(grpc.ServerInterceptor):
    """Let the methods of some services run in a pool of their own, and end their streams after a time.

    `pools` has the beginning of the methods (`/grpc.health.v1.Health/`), `seconds` is how long a stream may take. gRPC takes a
    pool from an attribute of the function that it calls.
    """

    def __init__(self, pools: Mapping[str, ThreadPoolExecutor], seconds: float) -> None:
        self._pools = pools
        self._seconds = seconds

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        handler = continuation(handler_call_details)
        pool = next((pool for start, pool in self._pools.items() if handler_call_details.method.startswith(start)), None)
        if handler is None or pool is None:
            return handler
        serializers = handler.request_deserializer, handler.response_serializer
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(_in_pool(handler.unary_unary, pool), *serializers)
        if handler.stream_stream:
            stream = _ended(handler.stream_stream, self._seconds)
            return grpc.stream_stream_rpc_method_handler(_in_pool(stream, pool), *serializers)
        return handler  # Health.Watch, which needs no thread while it waits


def _in_pool(call: Callable[..., Any], pool: ThreadPoolExecutor) -> Callable[..., Any]:
    def pooled(request: Any, context: grpc.ServicerContext) -> Any:
        return call(request, context)

    pooled.experimental_thread_pool = pool  # type: ignore[attr-defined]
    return pooled


def _ended(call: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def ended(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        timer = threading.Timer(seconds, context.cancel)
        timer.daemon = True
        timer.start()
        try:
            yield from call(requests, context)
        finally:
            timer.cancel()

    return ended
