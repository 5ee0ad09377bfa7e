"""The relay as the internet treats it: wrong passwords, unfinished requests, and what nobody foresaw. Honest deliveries pass."""

import contextlib
import http.client
import itertools
import json
import signal
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest

from corpus.cases import FIXTURES, load
from relay_process import SpaceOne, basic, relay

FIRING = load(FIXTURES / "alarm/firing_compute.json")
HALF_A_HEADER = b"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Ty"
HALF_A_BODY = b"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"


def hashed(password, cost):
    """Return a hash as htpasswd writes it."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode().replace("$2b$", "$2y$", 1)


@pytest.fixture(scope="module")
def spaceone():
    server = SpaceOne()
    yield server
    server.stop()


def try_with(door, authorization, address="127.0.0.1"):
    """Deliver from an address of this machine; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=15, source_address=(address, 0))
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json", "Authorization": authorization}
        connection.request("POST", "/webhook/oci", json.dumps(FIRING), headers)
        return connection.getresponse().status


def until_taken(door, authorization, address="127.0.0.1"):
    """Deliver again and again; return the seconds until the delivery was taken, at most 10."""
    begun = time.monotonic()
    while try_with(door, authorization, address) != 200 and time.monotonic() - begun < 10:
        time.sleep(0.05)
    return time.monotonic() - begun


@pytest.mark.parametrize("costs", [(5,), (12,), (5, 12)])
def test_60_deliveries_at_once_each_without_and_then_with_credentials_are_in_time(spaceone, tmp_path, costs):
    users = {f"ons{cost}": basic(f"ons{cost}", "pass:word") for cost in costs}
    setting = ",".join(f"ons{cost}:{hashed('pass:word', cost)}" for cost in costs)

    def deliver(user):
        begun = time.monotonic()
        assert door.post(FIRING)[0] == 401
        return door.post(FIRING, Authorization=users[user])[0], time.monotonic() - begun

    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=setting) as door, ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(deliver, itertools.islice(itertools.cycle(users), 60)))
    assert [status for status, _ in answers] == [200] * 60
    assert max(seconds for _, seconds in answers) < 4.5


def test_without_a_well_formed_header_the_answer_costs_no_comparison(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=f"ons:{hashed('right', 12)}") as door:
        begun = time.monotonic()
        for header in ("", "Basic", "Basic !", "Bearer x", "Digest y", "Basic b25z") * 5:
            assert try_with(door, header) == 401
        assert time.monotonic() - begun < 2  # 30 comparisons take 6 s and more


def test_an_unknown_user_takes_the_time_of_each_known_one(spaceone, tmp_path):
    setting = f"cheap:{hashed('right', 5)},dear:{hashed('right', 10)}"
    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=setting) as door:
        for _ in range(4):  # the machine may be busy with something else
            seconds = {user: [] for user in ("cheap", "dear", "nobody")}
            for number, user in itertools.product(range(15), seconds):
                begun = time.perf_counter()
                assert try_with(door, basic(user, f"wrong{number}")) == 401
                seconds[user].append(time.perf_counter() - begun)
            medians = [statistics.median(times) for times in seconds.values()]
            if max(medians) < 1.5 * min(medians):
                return
    raise AssertionError(medians)


@contextlib.contextmanager
def wrong_tries(door, parallel=100):
    """Try wrong passwords in so many threads without a pause."""
    ended, numbers = threading.Event(), itertools.count()

    def guess():
        while not ended.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                try_with(door, basic("ons", f"wrong{next(numbers)}"))

    threads = [threading.Thread(target=guess) for _ in range(parallel)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"], ids=["of the same address", "of another address"])
def test_100_wrong_tries_in_parallel_keep_no_honest_delivery_out(spaceone, tmp_path, address):
    users = ",".join(f"ons{number}:{hashed('right', 12)}" for number in range(3))
    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=f"ons:{hashed('x', 12)},{users}") as door:
        with wrong_tries(door):
            first = [until_taken(door, basic(f"ons{number}", "right"), address) for number in range(3)]
            again = [until_taken(door, basic(f"ons{number}", "right"), address) for number in range(3)]
        print(first, again)
        assert statistics.median(first) < 2
        assert max(again) < 1  # a header that was right is known


@pytest.fixture
def hold():
    """Make connections that are closed with the test: `hold(door, count, begun)`."""
    with contextlib.ExitStack() as stack:
        yield lambda door, count, begun=b"": [stack.enter_context(door.connect(begun)) for _ in range(count)]


@pytest.mark.parametrize("begun", [b"", HALF_A_HEADER, HALF_A_BODY], ids=["nothing", "half a header", "half a body"])
def test_260_unfinished_requests_hold_up_no_honest_delivery_and_end(spaceone, tmp_path, hold, begun):
    with relay(spaceone.url, tmp_path / "log") as door:
        held = hold(door, 260, begun)
        opened = time.monotonic()
        for _ in range(20):
            begun = time.monotonic()
            assert door.post(FIRING)[0] == 200
            assert time.monotonic() - begun < 2
        assert door.get("/health")[0] == 200
        for connection in held:
            connection.settimeout(max(0.1, opened + 8 - time.monotonic()))
            with contextlib.suppress(ConnectionError):
                while connection.recv(1000):
                    pass  # what it answers before it closes
        assert time.monotonic() - opened < 8
        assert door.get("/health", door.status_port)[0] == 200


def drip(connection):
    with contextlib.suppress(OSError):
        for _ in range(30):
            connection.sendall(b"a")
            time.sleep(0.5)
        return "it took them all"
    return "closed"


@pytest.mark.parametrize("begun", [HALF_A_HEADER, HALF_A_BODY.replace(b": 9", b": 9999")], ids=["header", "body"])
@pytest.mark.parametrize("users", ["", "ons:" + hashed("right", 4)], ids=["anybody", "with users"])
def test_a_client_that_sends_a_byte_at_a_time_is_left(spaceone, tmp_path, hold, begun, users):
    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=users) as door, ThreadPoolExecutor(5) as pool:
        began = time.monotonic()
        assert set(pool.map(drip, hold(door, 5, begun))) == {"closed"}
        assert time.monotonic() - began < 8


def test_the_public_port_has_no_metrics_and_the_status_port_no_deliveries(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log") as door:
        assert door.get("/metrics")[0] == 404
        for port in (door.port, door.status_port):
            assert json.loads(door.get("/health", port)[1])["status"] == "healthy"
        assert 'ons_relay_answers_total{answer="taken"} 0.0' in door.get("/metrics", door.status_port)[1]
        assert door.get("/webhook/oci", door.status_port)[0] == 404


def test_without_users_one_warning_says_that_anybody_may_deliver(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log") as door:
        door.post(FIRING)
        lines = [line for line in door.log.read_text().splitlines() if " WARNING " in line]
    assert len(lines) == 1 and "RELAY_USERS" in lines[0] and "anybody may deliver" in lines[0]


def test_without_file_descriptors_deliveries_are_503_and_pass_again_later(spaceone, tmp_path, hold):
    with relay(spaceone.url, tmp_path / "log", files=40) as door:
        held = hold(door, 60)
        time.sleep(0.5)
        for connection in held:
            connection.close()
        assert until_taken(door, "") < 6
        assert "asyncio" in door.log.read_text()


def test_uvicorn_is_heard(spaceone, tmp_path):
    with relay(spaceone.url, tmp_path / "log") as door:
        with door.connect(b"nonsense\r\n\r\n") as connection:
            assert connection.recv(100).split()[1] == b"400"
        for _ in range(50):
            if "WARNING uvicorn.error Invalid HTTP request received." in door.log.read_text():
                return
            time.sleep(0.05)
    raise AssertionError(door.log.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_though_requests_are_unfinished(tmp_path, hold, number):
    spaceone = SpaceOne()
    with (
        relay(spaceone.url, tmp_path / "log", RELAY_USERS=f"ons:{hashed('right', 12)}") as door,
        ThreadPoolExecutor(30) as pool,
    ):
        for begun in (b"", HALF_A_HEADER, HALF_A_BODY):
            hold(door, 20, begun)
        guesses = [pool.submit(try_with, door, basic("ons", f"wrong{number}")) for number in range(20)]
        spaceone.behaviour = ["slow"]
        delivered = pool.submit(try_with, door, basic("ons", "right"))
        for _ in range(200):
            if spaceone.tries:
                break
            time.sleep(0.05)
        begun = time.monotonic()
        door.process.send_signal(number)
        assert door.process.wait(15) == 0
        assert time.monotonic() - begun < 12
        assert delivered.result() in (200, 503)  # what was under way is answered
        for guess in guesses:
            assert guess.exception() is None or isinstance(guess.exception(), (OSError, http.client.HTTPException))
    spaceone.stop()
