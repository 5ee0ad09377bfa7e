"""Heavy requests take turns; small ones wait for nobody."""

import threading
import time

import grpc
import pytest
from spaceone.api.monitoring.plugin import event_pb2

from client import as_struct
from plugin.error import ERROR_BUSY
from plugin.interface.grpc import turns as module
from plugin.interface.grpc.event import Event
from plugin.interface.grpc.interceptor import MOST_BYTES, ErrorInterceptor
from plugin.interface.grpc.turns import Turns

LARGE, HUGE = module.SMALL + 1, module.LARGEST_OF_ONS + 1


def holding(turns, size, count):
    """Hold so many turns in threads until the event that is returned is set."""
    held, done = threading.Barrier(count + 1), threading.Event()

    def hold():
        with turns.turn(size):
            held.wait(10)
            done.wait(10)

    threads = [threading.Thread(target=hold) for _ in range(count)]
    for thread in threads:
        thread.start()
    held.wait(10)
    return done, threads


@pytest.mark.parametrize(("size", "other", "count"), [(LARGE, HUGE, module.AT_ONCE), (HUGE, LARGE, module.HUGE_AT_ONCE)])
def test_large_and_huge_requests_have_turns_of_their_own(size, other, count):
    turns = Turns()
    done, threads = holding(turns, size, count)
    with turns.turn(other):
        done.set()
    for thread in threads:
        thread.join(10)


def test_a_huge_request_that_waits_too_long_is_refused_and_the_next_one_is_not(monkeypatch):
    monkeypatch.setattr(module, "HUGE_WAITS", 0.05)
    turns = Turns()
    done, threads = holding(turns, HUGE, module.HUGE_AT_ONCE)
    with pytest.raises(ERROR_BUSY), turns.turn(HUGE):
        pass
    done.set()
    for thread in threads:
        thread.join(10)
    with turns.turn(HUGE):
        pass


def test_a_request_that_ons_may_have_sent_waits_as_long_as_it_takes(monkeypatch):
    monkeypatch.setattr(module, "HUGE_WAITS", 0.05)
    turns = Turns()
    done, threads = holding(turns, LARGE, module.AT_ONCE)
    threading.Timer(0.3, done.set).start()
    begun = time.monotonic()
    with turns.turn(module.LARGEST_OF_ONS):
        assert time.monotonic() - begun > 0.25
    for thread in threads:
        thread.join(10)


def test_a_turn_ends_with_an_error_too():
    turns = Turns()
    for _ in range(module.AT_ONCE + 1):
        with pytest.raises(KeyError), turns.turn(LARGE):
            raise KeyError


class Service:
    """Answers with no event."""

    def parse(self, params):
        return {"results": [], "ignored": []}


class Details:
    """What gRPC tells of a call."""

    method = "/spaceone.api.monitoring.plugin.Event/parse"


class Aborted(Exception):
    """What gRPC raises."""


class Context:
    """A call that can be ended with an error."""

    def set_trailing_metadata(self, _):
        """Take why the reply is empty."""

    def abort(self, code, details):
        raise Aborted


@pytest.mark.parametrize(("length", "waits"), [(10, False), (30_000, True), (600_000, True), (1_100_000, False)])
def test_only_requests_above_16_kib_and_within_the_bound_take_turns(monkeypatch, length, waits):
    taken = []
    turn = Turns.turn
    monkeypatch.setattr(Turns, "turn", lambda self, size: taken.append(size) or turn(self, size))
    types = event_pb2.ParseRequest.FromString, event_pb2.EventsInfo.SerializeToString
    handler = grpc.unary_unary_rpc_method_handler(Event(Service()).parse, *types)
    guarded = ErrorInterceptor().intercept_service(lambda _: handler, Details()).unary_unary
    request = event_pb2.ParseRequest(data=as_struct({"title": "x" * length})).SerializeToString()
    if length > MOST_BYTES:
        with pytest.raises(Aborted):
            guarded(request, Context())
    else:
        assert guarded(request, Context()) == b""
    assert taken == [len(request)] * waits
