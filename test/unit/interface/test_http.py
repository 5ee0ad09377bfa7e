"""HTTP on the event loop: a real server on a free loopback port."""

import http.client
import json
import socket
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime

import pytest

from loop import running_loop
from plugin import version
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface import connection
from plugin.interface.http import HttpServer, status_app


class State:
    healthy = True


async def healthy():
    return State.healthy


@pytest.fixture(scope="module")
def port():
    with running_loop() as loop:
        server = HttpServer(status_app(healthy), 0, variable="ONS_HTTP_PORT")
        with loop.within(server):
            yield server.port


@pytest.fixture(autouse=True)
def _healthy():
    yield
    State.healthy = True


def get(port, path, method="GET", host="127.0.0.1"):
    with closing(http.client.HTTPConnection(host, port, timeout=10)) as connection:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()


@pytest.mark.parametrize(("healthy", "status", "word"), [(True, 200, "healthy"), (False, 503, "unhealthy")])
def test_health_tells_status_time_and_version(port, healthy, status, word):
    State.healthy = healthy
    answered, headers, body = get(port, "/health?verbose=1")
    content = json.loads(body)
    assert (answered, headers["content-type"], headers["content-length"]) == (status, "application/json", str(len(body)))
    assert content.keys() == {"status", "timestamp", "version"}
    assert (content["status"], content["version"]) == (word, version())
    at = datetime.fromisoformat(content["timestamp"])
    assert at.utcoffset().total_seconds() == 0 and at.microsecond == 0
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60


def test_metrics_are_shown_as_prometheus_reads_them(port):
    status, headers, body = get(port, "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=")
    assert b"# TYPE ons_webhook_messages_total counter\n" in body


@pytest.mark.parametrize("path", ["/", "/healthy", "/metrics/", "/health/"])
def test_another_path_is_404_and_says_what_there_is(port, path):
    status, headers, body = get(port, path)
    assert (status, headers["content-type"].partition(";")[0], body) == (404, "text/plain", b"/health or /metrics\n")


def test_another_method_is_not_served(port):
    assert get(port, "/health", "POST")[0] == 405


def test_an_answer_ends_the_connection_and_names_no_server(port):
    headers = get(port, "/health")[1]
    assert headers["connection"] == "close" and "server" not in headers


def test_the_head_of_an_answer_may_be_asked_for_alone(port):
    for path, status in (("/health", 200), ("/metrics", 200), ("/", 404)):
        answered, headers, body = get(port, path, "HEAD")
        assert (answered, body) == (status, b"")
        assert int(headers["content-length"]) > 0


@contextmanager
def connected(port, count):
    """Clients that connect and then send nothing."""
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    try:
        yield silent
    finally:
        for connection in silent:
            connection.close()


def test_a_silent_client_is_hung_up_on(port, monkeypatch):
    monkeypatch.setattr(connection, "CONNECTION_DEADLINE", 0.2)
    with connected(port, 1) as (silent,):
        silent.settimeout(5)
        assert is_hung_up(silent)


@pytest.mark.exhaustive
def test_a_connection_has_a_deadline_however_busily_it_sends(port, monkeypatch):
    assert connection.CONNECTION_DEADLINE == 6.0
    monkeypatch.setattr(connection, "CONNECTION_DEADLINE", 0.3)
    begun = time.monotonic()
    with connected(port, 1) as (busy,):
        while not is_ended(busy):
            assert time.monotonic() - begun < 5
            with suppress(OSError):  # it may end at any time
                busy.send(b"G")
            time.sleep(0.02)


def test_silent_clients_hold_up_no_probe_and_above_32_the_oldest_is_ended(port):
    with connected(port, 32) as first, connected(port, 8):
        wait_until(lambda: sum(map(is_ended, first)) >= 8)
        assert [is_ended(each) for each in first] == [True] * 8 + [False] * 24
        assert get(port, "/health")[0] == 200


def test_a_request_of_more_than_2_mib_ends_its_connection(port):
    with connected(port, 1) as (giant,):
        giant.settimeout(10)
        with suppress(OSError):  # it may end at any time
            giant.sendall(b"GET /health HTTP/1.1\r\nX: " + b"y" * 4_000_000)
        assert is_hung_up(giant)


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /health HTTP/1.1\r\nX: " + b"y" * 20_000,
        b"GET /health HTTP/1.1\r\n" + b"x: y\r\n" * 4_000 + b"\r\n",
        b"GET /" + b"y" * 20_000,
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 300,
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 4_000,
    ],
    ids=["long header", "many headers", "long address", "many chunks", "many trailers"],
)
def test_a_head_of_more_than_16_kb_and_more_than_256_pieces_end_a_connection(port, begun):
    with connected(port, 1) as (giant,):
        giant.settimeout(4)  # less than the deadline of a connection
        with suppress(ConnectionError):  # it may end at any time
            giant.sendall(begun)
            answer = giant.makefile("rb").read()
            assert answer == b"" or answer.split()[1] in (b"400", b"404", b"405")


def test_a_request_of_one_byte_pieces_ends_after_256_of_them(port):
    sent = 0
    with connected(port, 1) as (client,), suppress(ConnectionError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"POST /x HTTP/1.1\r\nContent-Length: 9999\r\n\r\n" + b"a" * 2_000:
            client.send(bytes([byte]))
            sent += 1
            time.sleep(0.001)
    assert sent < 1_500


def wait_until(condition):
    """Wait until something is so, for 10 seconds at most."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


def is_hung_up(connection):
    """Wait until the server hangs up on a client."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def is_ended(connection):
    """Whether the server has hung up on a client."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    "host", ["127.0.0.1", pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6"))]
)
def test_the_server_is_reached_by_ipv4_and_ipv6(port, host):
    assert get(port, "/health", host=host)[0] == 200


def test_a_taken_port_is_an_error_that_names_its_variable(port):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        HttpServer(status_app(healthy), port, variable="ONS_HTTP_PORT")
    assert (caught.value.name, caught.value.reason) == ("ONS_HTTP_PORT", "the port is taken, or not permitted")
