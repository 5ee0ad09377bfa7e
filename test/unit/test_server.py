"""The servers, in-process on a free port: health, services, bounds, and an orderly end."""

import asyncio
import logging
import threading
import time
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from client import Client
from corpus.cases import Oracle, Plugin
from loop import running_loop
from plugin import server as server_module
from plugin import version
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.grpc.servicer import Event, Webhook
from plugin.manager.webhook_manager import WebhookManager
from plugin.manager.worker import Worker
from plugin.server import Server
from plugin.service.event_service import EventService
from plugin.service.webhook_service import WebhookService
from plugin.setting.option import Options
from standin.oracle import CONFIRMATION_URL

SERVICES = (
    "spaceone.api.monitoring.plugin.Event",
    "spaceone.api.monitoring.plugin.Webhook",
    "grpc.health.v1.Health",
)


class SlowOracle(Oracle):
    """A confirmation is in flight until the test lets it go."""

    def __init__(self):
        super().__init__()
        self.asked, self.go_on = threading.Event(), threading.Event()

    async def confirm(self, url, owner=""):
        self.asked.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.01)


def made(port=0, oracle=None):
    async def server():
        manager = Plugin(oracle=oracle).manager
        servicers = Event(EventService(manager), Worker()), Webhook(WebhookService(WebhookManager(Options())), Worker())
        return Server(servicers, manager.check, port=port)

    return server()


@contextmanager
def serving(oracle=None, port=0):
    with (
        running_loop() as loop,
        loop.within(loop.run(made(port, oracle)).serving()) as port_,
        Client(f"127.0.0.1:{port_}") as client,
    ):
        yield port_, client


@pytest.fixture(autouse=True)
def _short_drain(monkeypatch):
    assert (server_module.LAME_DUCK_SECONDS, server_module.GRACE_SECONDS) == (1.0, 10.0)
    monkeypatch.setattr(server_module, "LAME_DUCK_SECONDS", 0.01)


def test_health_answers_for_the_server_and_each_service_and_for_no_other():
    with serving() as (_, client):
        assert all(client.serving(service) for service in ("", *SERVICES))
        assert not client.serving("nobody")


def test_the_health_of_an_unknown_name_is_not_watched():
    with serving() as (_, client):
        stub = health_pb2_grpc.HealthStub(client.channel)
        assert next(stub.Watch(health_pb2.HealthCheckRequest(), timeout=10)).status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            next(stub.Watch(health_pb2.HealthCheckRequest(service="nobody"), timeout=10))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_start_is_logged_with_port_and_version(caplog):
    with caplog.at_level(logging.INFO), serving() as (port, _):
        pass
    (record,) = [record for record in caplog.records if record.name == "plugin.server"]
    assert (record.getMessage(), record.fields) == ("serving", {"port": port, "version": version()})


def test_few_files_are_warned_of_at_the_start(caplog, monkeypatch):
    monkeypatch.setattr(server_module.resource, "getrlimit", lambda _: (256, 256))
    with serving():
        pass
    assert "the process may open 256 files: connections can use them up; raise nofile to 1024" in caplog.text


def test_both_services_answer():
    with serving() as (_, client):
        (event,) = client.parse({"title": "한글 🔥"}, {"provider": "mine"})
        assert (event["title"], event["provider"]) == ("한글 🔥", "mine")
        metadata = client.init({"provider": "mine"})["metadata"]
        assert (metadata["provider"], metadata["supported_resource_type"]) == ("mine", ["inventory.CloudService"])
        assert client.verify({"confirm": False}) is None
        with pytest.raises(grpc.RpcError) as caught:
            client.verify({"confirm": "no"})
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert caught.value.details().startswith("ERROR_OPTION: The option confirm is refused")


def test_the_services_are_listed_by_reflection():
    with serving() as (_, client):
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (reply,) = reflection_pb2_grpc.ServerReflectionStub(client.channel).ServerReflectionInfo(iter([request]), timeout=10)
    listed = {service.name for service in reply.list_services_response.service}
    assert listed == {*SERVICES, "grpc.reflection.v1alpha.ServerReflection"}


@pytest.mark.parametrize("method", ["/spaceone.api.monitoring.plugin.Event/parse", "/grpc.health.v1.Health/Check"])
def test_a_message_of_more_than_1_mib_is_received_by_no_method(method):
    with serving() as (_, client), pytest.raises(grpc.RpcError) as caught:
        client.channel.unary_unary(method)(b"\x00" * (1024 * 1024 + 1), timeout=10)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_compressed_message_is_not_accepted():
    with (
        serving() as (port, _),
        grpc.insecure_channel(f"127.0.0.1:{port}", compression=grpc.Compression.Gzip) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        channel.unary_unary("/spaceone.api.monitoring.plugin.Event/parse")(b"\x00" * 100_000, timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_taken_port_is_an_error_that_names_its_variable():
    with (
        serving() as (port, _),
        running_loop() as loop,
        pytest.raises(ERROR_ENVIRONMENT) as caught,
        loop.within(loop.run(made(port)).serving()),
    ):
        raise AssertionError("it serves")
    assert (caught.value.name, caught.value.reason) == ("SPACEONE_PORT", "the port is taken, or not permitted")


def test_a_plugin_that_makes_no_event_does_not_start(monkeypatch):
    """Recognising is replaced by what no message should become."""
    monkeypatch.setattr("plugin.manager.event_manager.recognise", lambda data: None)
    with (
        running_loop() as loop,
        pytest.raises(RuntimeError, match="a plain notice becomes no event"),
        loop.within(loop.run(made()).serving()),
    ):
        raise AssertionError("it serves")


def test_health_says_not_serving_while_no_message_becomes_an_event(monkeypatch, caplog):
    def fail(_):
        raise OSError("private")

    with serving() as (_, client):
        watched = health_pb2_grpc.HealthStub(client.channel).Watch(health_pb2.HealthCheckRequest(), timeout=10)
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
        with monkeypatch.context() as patch:
            patch.setattr("plugin.manager.event_manager.recognise", fail)
            assert not any(client.serving(service) for service in ("", *SERVICES))
            assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert all(client.serving(service) for service in ("", *SERVICES))
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1 and errors[0].startswith("no message becomes an event: OSError at ") and "private" not in errors[0]


def idle(done):
    """Requests of a stream that the client holds open."""
    yield reflection_pb2.ServerReflectionRequest(list_services="")
    done.wait(20)


def test_idle_reflection_streams_hold_up_nothing_and_are_ended(monkeypatch):
    assert server_module.REFLECTION_SECONDS == 5.0
    monkeypatch.setattr(server_module, "REFLECTION_SECONDS", 0.3)
    done = threading.Event()
    with serving() as (_, client):
        stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
        streams = [stub.ServerReflectionInfo(idle(done), timeout=20) for _ in range(8)]
        for stream in streams:
            next(stream)
        assert client.parse({"title": "x"}) and client.serving()
        for stream in streams:
            with pytest.raises(grpc.RpcError) as caught:
                next(stream)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        done.set()


def test_in_the_end_calls_in_flight_finish():
    oracle = SlowOracle()
    with running_loop() as loop:
        served = loop.within(loop.run(made(oracle=oracle)).serving())
        with Client(f"127.0.0.1:{served.__enter__()}") as client:
            call = loop.submit(asyncio.to_thread(client.parse, {"ConfirmationURL": CONFIRMATION_URL}))
            assert oracle.asked.wait(10)
            ended = threading.Thread(target=served.__exit__, args=(None, None, None))
            ended.start()
            time.sleep(0.3)
            assert ended.is_alive() and not call.done()
            oracle.go_on.set()
            assert call.result(10) == []
            ended.join(10)
            assert not ended.is_alive()


def test_in_the_end_a_call_that_never_finishes_is_cut_off(monkeypatch):
    monkeypatch.setattr(server_module, "GRACE_SECONDS", 0.2)
    oracle = SlowOracle()
    with running_loop() as loop:
        with loop.within(loop.run(made(oracle=oracle)).serving()) as port, Client(f"127.0.0.1:{port}") as client:
            call = loop.submit(asyncio.to_thread(client.parse, {"ConfirmationURL": CONFIRMATION_URL}))
            assert oracle.asked.wait(10)
        with pytest.raises((grpc.RpcError, ValueError)):
            call.result(10)
