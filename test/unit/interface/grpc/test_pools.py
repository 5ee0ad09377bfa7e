"""Pools for health and reflection: plain gRPC servers on loopback, with handlers that wait until the test lets them go."""

import threading
import time
from concurrent import futures
from contextlib import contextmanager

import grpc
import pytest

from plugin.interface.grpc.pools import PoolInterceptor

PLACE = "/own.Service/"


class Handlers:
    """What the served methods do: note their thread, and answer."""

    def __init__(self):
        self.threads, self.free, self.entered = [], threading.Event(), threading.Semaphore(0)
        self.free.set()

    def unary(self, request, context):
        self.threads.append(threading.current_thread().name.partition("_")[0])
        self.entered.release()
        assert self.free.wait(20)
        return request

    def stream(self, requests, context):
        self.threads.append(threading.current_thread().name.partition("_")[0])
        yield from requests

    def watch(self, request, context):
        self.threads.append(threading.current_thread().name.partition("_")[0])
        yield request


@contextmanager
def served(seconds=5.0, workers=1, in_pool=1):
    handlers = Handlers()
    pools = {PLACE: futures.ThreadPoolExecutor(in_pool, "own")}
    server = grpc.server(futures.ThreadPoolExecutor(workers, "call"), interceptors=(PoolInterceptor(pools, seconds),))
    methods = {
        "unary": grpc.unary_unary_rpc_method_handler(handlers.unary, lambda b: b + b"<", lambda b: b + b">"),
        "stream": grpc.stream_stream_rpc_method_handler(handlers.stream, lambda b: b + b"<", lambda b: b + b">"),
        "watch": grpc.unary_stream_rpc_method_handler(handlers.watch, bytes, bytes),
    }
    for service in ("own.Service", "other.Service"):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
            yield handlers, channel
    finally:
        handlers.free.set()
        server.stop(0).wait()


def forever(seconds=20):
    """Requests of a stream that the client holds open."""
    yield b"a"
    time.sleep(seconds)


def test_the_methods_of_a_service_run_in_its_pool_and_all_others_do_not():
    with served() as (handlers, channel):
        assert channel.unary_unary("/own.Service/unary")(b"a", timeout=10) == b"a<>"
        assert list(channel.stream_stream("/own.Service/stream")(iter([b"a", b"b"]), timeout=10)) == [b"a<>", b"b<>"]
        assert channel.unary_unary("/other.Service/unary")(b"a", timeout=10) == b"a<>"
        assert list(channel.stream_stream("/other.Service/stream")(iter([b"a"]), timeout=10)) == [b"a<>"]
        assert list(channel.unary_stream("/own.Service/watch")(b"a", timeout=10)) == [b"a"]
    assert handlers.threads == ["own", "own", "call", "call", "call"]


def test_a_full_pool_holds_up_nobody_else():
    with served() as (handlers, channel):
        handlers.free.clear()
        held = channel.unary_unary("/own.Service/unary").future(b"a", timeout=20)
        assert handlers.entered.acquire(timeout=10)
        assert list(channel.stream_stream("/other.Service/stream")(iter([b"b"]), timeout=10)) == [b"b<>"]
        assert not held.done()
        handlers.free.set()
        assert held.result(10) == b"a<>"


def test_what_holds_all_other_threads_does_not_hold_up_a_pool():
    with served() as (handlers, channel):
        handlers.free.clear()
        held = channel.unary_unary("/other.Service/unary").future(b"a", timeout=20)
        assert handlers.entered.acquire(timeout=10)
        assert list(channel.stream_stream("/own.Service/stream")(iter([b"b"]), timeout=10)) == [b"b<>"]
        assert not held.done()


def test_an_idle_stream_is_ended_after_its_time_and_frees_its_thread():
    with served(seconds=0.2) as (_, channel):
        begun = time.monotonic()
        stream = channel.stream_stream("/own.Service/stream")(forever(), timeout=20)
        assert next(stream) == b"a<>"
        with pytest.raises(grpc.RpcError) as caught:
            next(stream)
        assert caught.value.code() is grpc.StatusCode.CANCELLED
        assert 0.15 < time.monotonic() - begun < 3
        assert channel.unary_unary("/own.Service/unary")(b"a", timeout=10) == b"a<>"


def test_a_stream_that_ends_leaves_no_timer():
    with served(seconds=30) as (_, channel):
        before = threading.active_count()
        assert list(channel.stream_stream("/own.Service/stream")(iter([b"a"]), timeout=10)) == [b"a<>"]
        end = time.monotonic() + 5
        while any(isinstance(thread, threading.Timer) for thread in threading.enumerate()):
            assert time.monotonic() < end
            time.sleep(0.01)
        assert threading.active_count() <= before + 2


def test_a_stream_of_another_service_is_not_ended():
    with served(seconds=0.1) as (_, channel):
        assert list(channel.stream_stream("/other.Service/stream")(forever(0.25), timeout=20)) == [b"a<>"]


def test_a_timer_does_not_keep_the_process():
    with served(seconds=30) as (_, channel):
        stream = channel.stream_stream("/own.Service/stream")(forever(0.5), timeout=20)
        assert next(stream) == b"a<>"
        assert {thread.daemon for thread in threading.enumerate() if isinstance(thread, threading.Timer)} == {True}
        stream.cancel()


def test_an_unknown_method_of_a_service_with_a_pool_is_unimplemented():
    with served() as (_, channel), pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/own.Service/nothing")(b"", timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
