"""HTTP beside gRPC: a real server on a free loopback port."""

import http.client
import json
import socket
import threading
import time
from contextlib import closing
from datetime import datetime, timezone

import pytest

from plugin.interface import http as interface
from plugin.interface.http import HttpServer, health
from plugin.setting.build import version


class State:
    healthy = True


@pytest.fixture(scope="module")
def server():
    server = HttpServer(0, lambda: State.healthy)
    server.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _healthy():
    yield
    State.healthy = True


def get(server, path, method="GET"):
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as connection:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()


@pytest.mark.parametrize(("healthy", "status", "word"), [(True, 200, "healthy"), (False, 503, "unhealthy")])
def test_health_tells_status_time_and_version(server, healthy, status, word):
    State.healthy = healthy
    answered, headers, body = get(server, "/health?verbose=1")
    content = json.loads(body)
    assert answered == status
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == str(len(body))
    assert content.keys() == {"status", "timestamp", "version"}
    assert (content["status"], content["version"]) == (word, version())
    at = datetime.fromisoformat(content["timestamp"])
    assert at.utcoffset().total_seconds() == 0 and at.microsecond == 0
    assert abs((datetime.now(timezone.utc) - at).total_seconds()) < 60


def test_health_is_asked_for_at_each_call(server):
    assert get(server, "/health")[0] == 200
    State.healthy = False
    assert get(server, "/health")[0] == 503


def test_metrics_are_shown_as_prometheus_reads_them(server):
    status, headers, body = get(server, "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=")
    assert b"# TYPE ons_webhook_messages_total counter\n" in body


@pytest.mark.parametrize("path", ["/", "/healthy", "/metrics/", "/health/"])
def test_another_path_is_404_and_says_what_there_is(server, path):
    status, headers, body = get(server, path)
    assert (status, headers["Content-Type"], body) == (404, "text/plain", b"/health or /metrics\n")


def test_another_method_is_not_served(server):
    assert get(server, "/health", "POST")[0] == 501


def test_the_server_names_the_plugin_and_not_python(server):
    assert get(server, "/health")[1]["Server"] == "plugin-oci-ons-mon-webhook"


def test_no_request_is_printed(server, capfd):
    get(server, "/health")
    assert capfd.readouterr() == ("", "")


def test_silent_clients_do_not_hold_up_the_probes(server):
    begun = time.monotonic()
    silent = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(50)]
    try:
        assert get(server, "/health")[0] == 200
        assert time.monotonic() - begun < 2.5
    finally:
        for connection in silent:
            connection.close()


def test_a_silent_client_is_hung_up_on(server, monkeypatch):
    assert interface._Handler.timeout == interface.IDLE_TIMEOUT == 5.0
    monkeypatch.setattr(interface._Handler, "timeout", 0.2)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as silent:
        begun = time.monotonic()
        assert silent.recv(1) == b""
        assert time.monotonic() - begun < 2


def test_the_server_is_reached_at_each_address_and_ends_with_the_process(server):
    assert server.server_address[0] == "0.0.0.0"
    assert server.daemon_threads is True
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "http"] == [True]


def test_health_is_the_same_answer_without_a_server():
    status, content_type, body = health(healthy=False)
    assert (status, content_type, json.loads(body)["status"]) == (503, "application/json", "unhealthy")
