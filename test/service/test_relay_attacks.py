"""The relay as the internet treats it: wrong passwords, unfinished requests, and what nobody foresaw. Honest deliveries pass."""

import collections
import contextlib
import errno
import hashlib
import http.client
import itertools
import json
import os
import signal
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from corpus.cases import FIXTURES, load
from standin.relay_process import SpaceOne, basic, relay

FIRING = load(FIXTURES / "alarm/firing_compute.json")
ONS = "ons:sha256$" + hashlib.sha256(b"right").hexdigest()
HALF_A_HEADER = b"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Ty"
HALF_A_BODY = b"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"


@pytest.fixture(scope="module")
def spaceone():
    server = SpaceOne()
    yield server
    server.stop()


def try_with(endpoint, authorization, address="127.0.0.1"):
    """Deliver from an address of this machine; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=15, source_address=(address, 0))
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json", "Authorization": authorization}
        connection.request("POST", "/webhook/oci", json.dumps(FIRING), headers)
        return connection.getresponse().status


def until_taken(endpoint, authorization, address="127.0.0.1"):
    """Deliver again and again; return the seconds until the delivery was taken, at most 10."""
    begun = time.monotonic()
    while try_with(endpoint, authorization, address) != 200 and time.monotonic() - begun < 10:
        time.sleep(0.05)
    return time.monotonic() - begun


@contextlib.contextmanager
def flood(*attacks):
    """Repeat each attack in its own thread."""
    ended = threading.Event()

    def run(attack):
        while not ended.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                attack(ended)

    threads = [threading.Thread(target=run, args=(attack,)) for attack in attacks]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@contextlib.contextmanager
def wrong_tries(endpoint, parallel=100):
    """Try wrong passwords in several threads without a pause."""
    numbers = itertools.count()

    def guess(_):
        try_with(endpoint, basic("ons", f"wrong{next(numbers)}"))

    with flood(*[guess] * parallel):
        yield


@pytest.mark.slow
def test_100_wrong_tries_in_parallel_keep_no_honest_delivery_out(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=ONS) as endpoint, wrong_tries(endpoint):
        assert statistics.median([until_taken(endpoint, basic("ons", "right")) for _ in range(5)]) < 2


@pytest.mark.slow
def test_60_deliveries_at_once_each_without_and_then_with_credentials_are_in_time(spaceone, tmp_path):
    def deliver(_):
        begun = time.monotonic()
        assert endpoint.post(FIRING)[0] == 401
        return endpoint.post(FIRING, Authorization=basic("ons", "right"))[0], time.monotonic() - begun

    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=ONS) as endpoint, ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(deliver, range(60)))
    assert [status for status, _ in answers] == [200] * 60
    assert max(seconds for _, seconds in answers) < 4.5


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n",
        b"Content-Length: 2\r\nX-OCI-NS-TopicOcid: a\r\nx-oci-ns-topicocid: b\r\n",
    ],
)
def test_headers_that_two_servers_could_read_differently_are_refused(spaceone, tmp_path, headers):
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        head = b"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        with endpoint.connect(head + headers + b"\r\n{}") as connection:
            assert connection.recv(100).split()[1] == b"400"
    assert not any("ambiguous" in str(taken) for taken in spaceone.taken)


@pytest.mark.slow
@pytest.mark.parametrize("attacker", ["", basic("ons", "wrong")], ids=["without credentials", "with wrong ones"])
def test_bodies_of_one_byte_chunks_hold_up_no_honest_delivery(spaceone, tmp_path, attacker):
    """Each costs the relay a hundred times what it costs its sender."""
    head = f"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nAuthorization: {attacker}\r\nTransfer-Encoding: chunked\r\n\r\n"

    def send(ended):
        with endpoint.connect(head.encode()) as connection:
            while not ended.is_set():
                connection.sendall(b"1\r\na\r\n" * 10_000)

    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=ONS) as endpoint, flood(*[send] * 4):
        seconds = [until_taken(endpoint, basic("ons", "right"), "127.0.0.2") for _ in range(3)]
        print(seconds)
        assert statistics.median(seconds) < 2
        assert endpoint.get("/health", endpoint.status_port)[0] == 200


def guesses(endpoint, every, hold, addresses=1):
    """Return an attack that periodically sends a wrong password, up to a number of open connections."""
    head = "POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: "

    def send(ended):
        with contextlib.ExitStack() as stack:
            held = collections.deque()
            for number in itertools.takewhile(lambda _: not ended.is_set(), itertools.count()):
                request = f"{head}{basic('ons', f'wrong{number}')}\r\n\r\n".encode()
                held.append(stack.enter_context(endpoint.connect(request, f"127.0.1.{1 + number % addresses}")))
                if len(held) > hold:
                    held.popleft().close()
                time.sleep(every)

    return send


@pytest.mark.slow
@pytest.mark.parametrize(
    ("addresses", "honest"), [(1, "127.0.1.1"), (200, "127.0.0.2")], ids=["of its address", "of 200 others"]
)
def test_guessers_who_hang_up_keep_no_honest_delivery_out(spaceone, tmp_path, addresses, honest):
    with (
        relay(spaceone.url, tmp_path / "log", RELAY_USERS=ONS) as endpoint,
        flood(guesses(endpoint, 0.01, 20, addresses)),
    ):
        assert until_taken(endpoint, basic("ons", "right"), honest) < 4


@pytest.mark.slow
def test_clients_that_never_read_are_left_and_sigterm_has_no_errors(spaceone, tmp_path):
    """They send whole requests one after the other, as much as they get rid of."""
    request = b"GET /health?" + b"a" * 12000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    with relay(spaceone.url, tmp_path / "log") as endpoint, contextlib.ExitStack() as stack:
        for _ in range(100):
            connection = stack.enter_context(endpoint.connect())
            connection.settimeout(0.1)
            with contextlib.suppress(OSError):
                for _ in range(100):
                    connection.sendall(request)
        time.sleep(1)
        assert len(os.listdir(f"/proc/{endpoint.process.pid}/fd")) < 50
        assert endpoint.post(FIRING)[0] == 200
        begun = time.monotonic()
        endpoint.process.terminate()
        assert endpoint.process.wait(15) == 0
        assert time.monotonic() - begun < 8
        assert " ERROR " not in endpoint.log.read_text()


def test_the_answer_to_what_has_no_credentials_waits_for_the_body(spaceone, tmp_path):
    """Else the connection would be reset with the answer still in it, and ONS would never know to send credentials."""
    body = json.dumps(FIRING | {"body": "x" * 60_000}).encode()
    head = f"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=ONS) as endpoint:
        for authorization, status in (("", 401), (f"Authorization: {basic('ons', 'right')}\r\n", 200)):
            with endpoint.connect(f"{head}{authorization}\r\n".encode()) as connection:
                for start in range(0, len(body), 20_000):
                    time.sleep(0.1)
                    connection.sendall(body[start : start + 20_000])
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                assert (answer.status, answer.headers["Connection"]) == (status, "close")
                assert answer.read() and connection.recv(1) == b""


@pytest.fixture
def hold():
    """Make connections that are closed with the test: `hold(endpoint, count, begun)`."""
    with contextlib.ExitStack() as stack:
        yield lambda endpoint, count, begun=b"": [stack.enter_context(endpoint.connect(begun)) for _ in range(count)]


@pytest.mark.slow
def test_360_unfinished_requests_hold_up_no_honest_delivery_and_end(spaceone, tmp_path, hold):
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        held = [each for begun in (b"", HALF_A_HEADER, HALF_A_BODY) for each in hold(endpoint, 120, begun)]
        opened = time.monotonic()
        for _ in range(20):
            begun = time.monotonic()
            assert endpoint.post(FIRING)[0] == 200
            assert time.monotonic() - begun < 2
        assert endpoint.get("/health")[0] == 200
        for connection in held:
            connection.settimeout(max(0.1, opened + 8 - time.monotonic()))
            with contextlib.suppress(ConnectionError):
                while connection.recv(1000):
                    pass  # what it answers before it closes
        assert time.monotonic() - opened < 8
        assert endpoint.get("/health", endpoint.status_port)[0] == 200


def drip(connection):
    with contextlib.suppress(OSError):
        for _ in range(30):
            connection.sendall(b"a")
            time.sleep(0.5)
        return "it took them all"
    return "closed"


@pytest.mark.slow
@pytest.mark.parametrize("users", [{}, {"RELAY_USERS": ONS}], ids=["anybody", "with users"])
def test_a_client_that_sends_a_byte_at_a_time_is_left(spaceone, tmp_path, hold, users):
    with relay(spaceone.url, tmp_path / "log", **users) as endpoint, ThreadPoolExecutor(6) as pool:
        began = time.monotonic()
        held = hold(endpoint, 3, HALF_A_HEADER) + hold(endpoint, 3, HALF_A_BODY.replace(b": 9", b": 9999"))
        assert set(pool.map(drip, held)) == {"closed"}
        assert time.monotonic() - began < 9


def test_ipv6_is_served_where_the_machine_has_it(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        connection = http.client.HTTPConnection("::1", endpoint.port, timeout=5)
        with contextlib.closing(connection):
            try:
                connection.connect()
            except OSError as e:
                if e.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    pytest.skip("this machine has no IPv6")
                raise
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200


@pytest.mark.parametrize(("behaviour", "status"), [("endless", 200), ("redirect", 502)])
def test_what_spaceone_sends_after_its_status_is_bounded(spaceone, tmp_path, behaviour, status):
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        endpoint.post(FIRING)
        before = memory(endpoint)
        spaceone.tries, spaceone.behaviour = 0, [behaviour]
        begun = time.monotonic()
        assert endpoint.post(FIRING)[0] == status
        assert time.monotonic() - begun < 3
        assert memory(endpoint) - before < 20
        assert spaceone.tries == 1


def memory(endpoint):
    """Return the resident memory in MB."""
    with open(f"/proc/{endpoint.process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200", b"HTTP/1.1 999999 x\r\n\r\n", b"\x16\x03\x01", b""])
def test_garbage_in_place_of_spaceones_answer_is_503(tmp_path, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reply():
            with server.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        with relay(f"http://127.0.0.1:{server.getsockname()[1]}/x", tmp_path / "log") as endpoint:
            assert endpoint.post(FIRING)[0] == 503
            assert endpoint.counted("unavailable") == 1
        thread.join()


def test_the_public_port_has_no_metrics_and_the_status_port_no_deliveries(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        assert endpoint.get("/metrics")[0] == 404
        for port in (endpoint.port, endpoint.status_port):
            assert json.loads(endpoint.get("/health", port)[1])["status"] == "healthy"
        assert 'ons_relay_answers_total{answer="taken"} 0.0' in endpoint.get("/metrics", endpoint.status_port)[1]
        assert endpoint.get("/webhook/oci", endpoint.status_port)[0] == 404


def test_without_users_one_warning_says_that_anybody_may_deliver(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        endpoint.post(FIRING)
        lines = [line for line in endpoint.log.read_text().splitlines() if " WARNING " in line]
    assert len(lines) == 1 and "RELAY_USERS" in lines[0] and "anybody may deliver" in lines[0]


def test_without_file_descriptors_deliveries_are_503_and_pass_again_later(spaceone, tmp_path, hold):
    with relay(spaceone.url, tmp_path / "log", files=40) as endpoint:
        held = hold(endpoint, 60)
        time.sleep(0.5)
        for connection in held:
            connection.close()
        assert until_taken(endpoint, "") < 6
        assert "asyncio" in endpoint.log.read_text()


def test_uvicorn_is_heard(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        with endpoint.connect(b"nonsense\r\n\r\n") as connection:
            assert connection.recv(100).split()[1] == b"400"
        for _ in range(50):
            if "WARNING uvicorn.error Invalid HTTP request received." in endpoint.log.read_text():
                return
            time.sleep(0.05)
    raise AssertionError(endpoint.log.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_though_requests_are_unfinished(tmp_path, hold, number):
    spaceone = SpaceOne()
    with (
        relay(spaceone.url, tmp_path / "log", RELAY_USERS=ONS) as endpoint,
        ThreadPoolExecutor(30) as pool,
    ):
        for begun in (b"", HALF_A_HEADER, HALF_A_BODY):
            hold(endpoint, 20, begun)
        guesses = [pool.submit(try_with, endpoint, basic("ons", f"wrong{number}")) for number in range(20)]
        spaceone.behaviour = ["slow"]
        delivered = pool.submit(try_with, endpoint, basic("ons", "right"))
        for _ in range(200):
            if spaceone.tries:
                break
            time.sleep(0.05)
        begun = time.monotonic()
        endpoint.process.send_signal(number)
        assert endpoint.process.wait(15) == 0
        assert time.monotonic() - begun < 12
        assert delivered.result() in (200, 503)  # what was under way is answered
        for guess in guesses:
            assert guess.exception() is None or isinstance(guess.exception(), (OSError, http.client.HTTPException))
    spaceone.stop()
