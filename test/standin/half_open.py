"""Calls that never send their request, as a client that hangs or an attacker leaves them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

CALLS_A_CONNECTION = 90  # a server takes 100


@contextmanager
def half_open(target: str, method: str, count: int) -> Iterator[None]:
    """Hold half-open calls of a method within the context."""
    ended = threading.Event()

    def nothing() -> Iterator[bytes]:
        ended.wait()
        yield from ()

    options = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(target, options) for _ in range(-(-count // CALLS_A_CONNECTION))]
    calls = [channels[i // CALLS_A_CONNECTION].stream_stream(method)(nothing()) for i in range(count)]
    try:
        yield
    finally:
        ended.set()
        for call in calls:
            call.cancel()
        for channel in channels:
            channel.close()
