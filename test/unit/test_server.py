"""The gRPC server, in-process on a free port: health, services, and an orderly end; its start and end as a process."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from client import Client
from plugin.app import server as app_server
from plugin.app import wiring
from plugin.app.server import Server
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.grpc import event as grpc_event
from plugin.setting.build import version
from plugin_process import free_port
from standin.oracle import CONFIRMATION_URL

SERVICES = (
    "spaceone.api.monitoring.plugin.Event",
    "spaceone.api.monitoring.plugin.Webhook",
    "grpc.health.v1.Health",
)
RUN = """
import sys
from plugin.__main__ import main
from plugin.app import server as app_server
app_server.LAME_DUCK = float(sys.argv[1])
main()
"""


class Oracle:
    """Stands in for the outward calls: a confirmation is in flight until the test lets it go."""

    def __init__(self):
        self.asked, self.go_on = threading.Event(), threading.Event()

    def confirm(self, url):
        self.asked.set()
        assert self.go_on.wait(20)


class Signals:
    """Stands in for the process's signals: does what the test wants while the server drains."""

    def __init__(self, meanwhile=lambda: None):
        self.waited, self.meanwhile = [], meanwhile

    def wait(self, seconds=None):
        self.waited.append(seconds)
        self.meanwhile()
        return False


@contextmanager
def serving(start=True, workers=4):
    server = Server(0, workers)
    if start:
        server.start()
    try:
        with Client(f"127.0.0.1:{server.port}") as client:
            yield server, client
    finally:
        server._server.stop(0).wait()


def test_health_says_not_serving_before_the_start_and_serving_after():
    with serving(start=False) as (server, client):
        assert not server.healthy
        server.start()
        assert server.healthy
        assert all(client.serving(service) for service in ("", *SERVICES))
        assert not client.serving("nobody")


def test_before_the_start_each_service_is_not_serving():
    with serving(start=False) as (server, client):
        server._server.start()
        stub = health_pb2_grpc.HealthStub(client.channel)
        for service in ("", *SERVICES):
            reply = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
            assert reply.status == health_pb2.HealthCheckResponse.NOT_SERVING


def test_the_start_is_logged_with_port_and_version(caplog):
    with caplog.at_level(logging.INFO), serving() as (server, _):
        pass
    (record,) = [record for record in caplog.records if record.name == "plugin.app.server"]
    assert (record.getMessage(), record.fields) == ("serving", {"port": server.port, "version": version()})


def test_both_services_answer():
    with serving() as (_, client):
        assert client.parse({"title": "한글 🔥"}, {"provider": "mine"})[0] | {"additional_info": {}} == {
            **client.parse({"title": "한글 🔥"}, {"provider": "mine"})[0],
            "additional_info": {},
            "title": "한글 🔥",
            "provider": "mine",
        }
        metadata = client.init({"provider": "mine"})["metadata"]
        assert (metadata["provider"], metadata["supported_resource_type"]) == ("mine", ["inventory.CloudService"])
        assert client.verify({"confirm": False}) is None
        with pytest.raises(grpc.RpcError) as caught:
            client.verify({"confirm": "no"})
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert caught.value.details().startswith("ERROR_OPTION: The option confirm is refused")


def test_a_reply_has_resource_and_info_as_structs():
    info = {"alarm_id": "x"}
    resource = {"resource_id": "r", "name": "n", "resource_type": "t"}
    reply = grpc_event.reply([{"title": "a", "resource": resource, "additional_info": info, "resources": ["b"]}] * 2)
    assert len(reply.results) == 2
    assert dict(reply.results[1].resource.items()) == resource
    assert dict(reply.results[1].additional_info.items()) == info
    assert (reply.results[1].title, list(reply.results[1].resources)) == ("a", ["b"])


def test_the_services_are_listed_by_reflection():
    with serving() as (_, client):
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (reply,) = reflection_pb2_grpc.ServerReflectionStub(client.channel).ServerReflectionInfo(iter([request]), timeout=10)
    listed = {service.name for service in reply.list_services_response.service}
    assert listed == {*SERVICES, "grpc.reflection.v1alpha.ServerReflection"}


def test_a_taken_port_is_an_error_that_names_its_variable():
    with serving() as (server, _), pytest.raises(ERROR_ENVIRONMENT) as caught:
        Server(server.port, 1)
    assert (caught.value.name, caught.value.reason) == ("SPACEONE_PORT", "the port is taken, or not permitted")
    assert caught.value.__suppress_context__


def test_a_plugin_that_makes_no_event_does_not_start(monkeypatch):
    """Recognising is replaced by what no message should become."""
    monkeypatch.setattr(grpc_event, "recognise", lambda data: None)
    with pytest.raises(RuntimeError, match="a plain notice becomes no event"):
        Server(0, 1)


def test_in_the_end_health_turns_first_and_calls_are_still_taken():
    with serving() as (server, client):

        def meanwhile():
            assert not server.healthy
            assert not any(client.serving(service) for service in ("", *SERVICES))
            assert client.parse({"title": "late"})

        signals = Signals(meanwhile)
        server.stop(signals)
        assert signals.waited == [1.0]
        with pytest.raises(grpc.RpcError) as caught:
            client.parse({"title": "too late"})
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_in_the_end_calls_in_flight_finish(monkeypatch):
    oracle = Oracle()
    monkeypatch.setattr(wiring, "OnsConnector", lambda: oracle)
    with serving() as (server, client), ThreadPoolExecutor() as pool:
        call = pool.submit(client.parse, {"ConfirmationURL": CONFIRMATION_URL})
        assert oracle.asked.wait(10)
        stop = pool.submit(server.stop, Signals())
        time.sleep(0.2)
        assert not stop.done() and not call.done()
        oracle.go_on.set()
        assert call.result(10) == []
        stop.result(10)


def test_in_the_end_a_call_that_never_finishes_is_cut_off(monkeypatch):
    assert app_server.GRACE == 10.0
    monkeypatch.setattr(app_server, "GRACE", 0.2)
    oracle = Oracle()
    monkeypatch.setattr(wiring, "OnsConnector", lambda: oracle)
    with serving() as (server, client), ThreadPoolExecutor() as pool:
        call = pool.submit(client.parse, {"ConfirmationURL": CONFIRMATION_URL})
        assert oracle.asked.wait(10)
        begun = time.monotonic()
        server.stop(Signals())
        assert 0.15 < time.monotonic() - begun < 3
        oracle.go_on.set()
        with pytest.raises(grpc.RpcError):
            call.result(10)


def test_as_many_calls_are_taken_at_once_as_there_are_workers():
    with serving(workers=3) as (server, _):
        assert server._server._state.thread_pool._max_workers == 3


def test_health_is_asked_for_a_free_worker_too(monkeypatch):
    assert app_server.PROBE_SECONDS == 1.0
    monkeypatch.setattr(app_server, "PROBE_SECONDS", 0.2)
    oracle = Oracle()
    monkeypatch.setattr(wiring, "OnsConnector", lambda: oracle)
    with serving(workers=1) as (server, client), ThreadPoolExecutor() as pool:
        assert server.healthy
        call = pool.submit(client.parse, {"ConfirmationURL": CONFIRMATION_URL})
        assert oracle.asked.wait(10)
        begun = time.monotonic()
        assert not server.healthy
        assert 0.15 < time.monotonic() - begun < 2
        assert client.serving()  # gRPC's health has threads of its own
        oracle.go_on.set()
        assert call.result(10) == []
        assert server.healthy


def test_health_and_reflection_have_pools_of_their_own(monkeypatch):
    """The interceptor is replaced: only what it is given is looked at."""
    given = []

    class Pools(grpc.ServerInterceptor):
        def __init__(self, pools, seconds):
            given.append(({place: pool._max_workers for place, pool in pools.items()}, seconds))

        def intercept_service(self, continuation, handler_call_details):
            return continuation(handler_call_details)

    monkeypatch.setattr(app_server, "PoolInterceptor", Pools)
    with serving(start=False):
        pass
    assert given == [({"/grpc.health.v1.Health/": 200, "/grpc.reflection.v1alpha.ServerReflection/": 200}, 5.0)]


def idle(done):
    """Requests of a stream that the client holds open."""
    yield reflection_pb2.ServerReflectionRequest(list_services="")
    done.wait(20)


def test_idle_reflection_streams_hold_up_neither_calls_nor_health_and_are_ended(monkeypatch):
    monkeypatch.setattr(app_server, "REFLECTION_SECONDS", 0.3)
    done = threading.Event()
    with serving(workers=2) as (server, client):
        stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
        streams = [stub.ServerReflectionInfo(idle(done), timeout=20) for _ in range(8)]
        for stream in streams:
            next(stream)
        assert client.parse({"title": "x"}) and client.serving() and server.healthy
        for stream in streams:
            with pytest.raises(grpc.RpcError) as caught:
                next(stream)
            assert caught.value.code() is grpc.StatusCode.CANCELLED
        done.set()


def test_grpc_is_told_its_bounds(monkeypatch):
    told = {}
    make = grpc.server
    monkeypatch.setattr(app_server.grpc, "server", lambda *a, **k: told.update(k["options"]) or make(*a, **k))
    with serving(start=False):
        pass
    assert told == {
        "grpc.so_reuseport": 0,
        "grpc.max_concurrent_streams": 100,
        "grpc.keepalive_time_ms": 60_000,
        "grpc.keepalive_timeout_ms": 10_000,
    }


def start(port, lame_duck=app_server.LAME_DUCK, **environment):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", RUN, str(lame_duck)],
        env={**os.environ, "SPACEONE_PORT": str(port), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def http_status(port):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
            return reply.status
    except urllib.error.HTTPError as e:
        with e:
            return e.code


@pytest.mark.parametrize(("twice", "lame_duck"), [(False, 1.0), (True, 60.0)])
def test_a_signal_ends_the_process_with_0_and_a_second_one_sooner(twice, lame_duck):
    port, http_port = free_port(), free_port()
    with start(port, lame_duck, ONS_HTTP_PORT=str(http_port), ONS_LOG_FORMAT="json") as process:
        try:
            with Client(f"127.0.0.1:{port}") as client:
                assert client.wait()
                assert http_status(http_port) == 200
                begun = time.monotonic()
                process.send_signal(signal.SIGTERM)
                while http_status(http_port) == 200:
                    assert time.monotonic() - begun < 5
                assert not client.serving()
                if twice:
                    process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=20)
            seconds = time.monotonic() - begun
        finally:
            process.kill()
    assert process.returncode == 0
    assert twice or seconds > 0.9
    lines = [json.loads(line) for line in (output + errors).splitlines()]
    assert [line["message"] for line in lines] == ["serving", "ending", "ended"]
    assert (lines[0]["port"], lines[0]["version"]) == (port, version())


@pytest.mark.parametrize("variable", ["ONS_LOG_LEVEL", "ONS_HTTP_PORT"])
def test_a_bad_setting_ends_the_start_with_one_line_and_status_2(variable):
    with socket.create_server(("", 0)) as taken:
        value = {"ONS_LOG_LEVEL": "private", "ONS_HTTP_PORT": str(taken.getsockname()[1])}[variable]
        with start(free_port(), **{variable: value}) as process:
            output, errors = process.communicate(timeout=30)
    said = {"ONS_LOG_LEVEL": "one of DEBUG, INFO", "ONS_HTTP_PORT": "the port is taken, or not permitted."}[variable]
    assert process.returncode == 2
    assert output == ""
    assert errors.startswith(f"plugin-oci-ons-mon-webhook: The environment variable {variable} is refused: {said}")
    assert errors.count("\n") == 1 and "private" not in errors
