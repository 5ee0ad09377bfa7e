"""HTTP beside gRPC: a real server on a free loopback port."""

import contextlib
import http.client
import json
import socket
import struct
import threading
import time
from contextlib import closing, contextmanager
from datetime import datetime, timezone

import pytest

from plugin.interface import http as interface
from plugin.interface.http import HttpServer, health
from plugin.setting.build import version


class State:
    healthy = True


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as monkeypatch, HttpServer(0, lambda: State.healthy) as server:
        monkeypatch.setattr(interface, "SHUTDOWN_POLL", 0.05)
        server.start()
        yield server
        server.shutdown()


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


def test_the_head_of_an_answer_may_be_asked_for_alone(server):
    for path, status in (("/health", 200), ("/metrics", 200), ("/", 404)):
        answered, headers, body = get(server, path, "HEAD")
        assert (answered, body) == (status, b"")
        assert int(headers["Content-Length"]) > 0


@contextmanager
def connected(server, count, host="127.0.0.1"):
    """Clients that connect and then send nothing."""
    silent = [socket.create_connection((host, server.server_port), timeout=10) for _ in range(count)]
    try:
        yield silent
    finally:
        for connection in silent:
            connection.close()


def wait_until(true, seconds=5):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def timers():
    return sum(isinstance(thread, threading.Timer) for thread in threading.enumerate())


def test_silent_clients_do_not_hold_up_the_probes(server):
    begun = time.monotonic()
    with connected(server, 50):
        assert get(server, "/health")[0] == 200
        assert time.monotonic() - begun < 2.5


def test_16_connections_are_served_and_a_further_one_ends_the_oldest(server):
    wait_until(lambda: not server._connections)
    with connected(server, 16) as first:
        wait_until(lambda: len(server._connections) == 16)
        with connected(server, 2):
            wait_until(lambda: ended(first[0]) and ended(first[1]))
            assert len(server._connections) == 16
            wait_until(lambda: timers() == 16, seconds=2)
            assert not any(ended(connection) for connection in first[2:])
    wait_until(lambda: not server._connections)


def ended(connection):
    """Whether the server has hung up on a client."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_a_connection_has_a_deadline_however_busily_it_sends(server, monkeypatch):
    assert interface.DEADLINE == interface._Handler.timeout == 5.0
    monkeypatch.setattr(interface, "DEADLINE", 0.3)
    begun = time.monotonic()
    with connected(server, 1) as (busy,):
        while not ended(busy):
            assert time.monotonic() - begun < 5
            with contextlib.suppress(OSError):  # it may end at any time
                busy.send(b"G")
            time.sleep(0.02)
    assert 0.25 < time.monotonic() - begun < 2


def test_a_silent_client_is_hung_up_on(server, monkeypatch):
    monkeypatch.setattr(interface._Handler, "timeout", 0.2)
    begun = time.monotonic()
    with connected(server, 1) as (silent,):
        assert silent.recv(1) == b""
        assert time.monotonic() - begun < 2


def test_a_connection_that_is_done_leaves_no_timer(server):
    get(server, "/health")
    wait_until(lambda: timers() == 0, seconds=2)


def test_the_timers_do_not_keep_the_process(server):
    with connected(server, 1):
        wait_until(lambda: server._connections)
        assert {timer.daemon for timer in server._connections.values()} == {True}


def test_a_client_that_hangs_up_is_no_news(server, capfd):
    with connected(server, 3) as clients:
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    wait_until(lambda: not server._connections)
    assert capfd.readouterr() == ("", "")


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    "host", ["127.0.0.1", pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6"))]
)
def test_the_server_is_reached_by_ipv4_and_ipv6(server, host):
    with closing(http.client.HTTPConnection(host, server.server_port, timeout=10)) as connection:
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200


def test_where_there_is_no_ipv6_the_server_has_ipv4(monkeypatch):
    monkeypatch.setattr(interface.socket, "has_dualstack_ipv6", lambda: False)
    with HttpServer(0, lambda: True) as server:
        assert server.socket.family == socket.AF_INET
        assert server.server_address[0] == "0.0.0.0"


def test_the_server_ends_with_the_process(server):
    assert server.daemon_threads is True
    assert server.request_queue_size == 128
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "http"] == [True]


def test_health_is_the_same_answer_without_a_server():
    status, content_type, body = health(healthy=False)
    assert (status, content_type, json.loads(body)["status"]) == (503, "application/json", "unhealthy")
