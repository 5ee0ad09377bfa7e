"""The relay as a process, between ONS and SpaceONE."""

import base64
import hashlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from corpus.cases import FIXTURES, load
from plugin.relay.__main__ import main
from plugin_process import ROOT, free_port
from standin.oracle import CONFIRMATION_URL, TOKEN, oracle
from standin.relay_process import HEADERS, SECRET, SpaceOne, relay

FIRING = load(FIXTURES / "alarm/firing_compute.json")
RECOVERY = load(FIXTURES / "alarm/recovery_compute.json")
ENVELOPE = load(FIXTURES / "alarm_specification/firing_in_envelope.json")


@pytest.fixture(scope="module")
def spaceone():
    server = SpaceOne()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def started(spaceone, tmp_path_factory):
    with relay(spaceone.url, tmp_path_factory.mktemp("relay") / "log", ONS_LOG_LEVEL="DEBUG") as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(started, spaceone):
    spaceone.behaviour, spaceone.taken, spaceone.tries = [], [], 0
    return started


def test_a_notification_is_forwarded_unchanged_in_an_envelope_with_its_headers(endpoint, spaceone):
    text = '{"title":  "two spaces", "n": 7.0, "한글": "🔥"}'
    assert endpoint.post(text)[:2] == (200, {"status": "processed"})
    (taken,) = spaceone.taken
    assert taken["text"] == text
    assert taken["headers"] == {name.lower(): value for name, value in HEADERS.items() if name != "X-Other"}


def test_the_body_alone_can_be_handed_on(spaceone, tmp_path):
    spaceone.taken = []
    with relay(spaceone.url, tmp_path / "log", RELAY_FORMAT="body") as endpoint:
        assert endpoint.post(FIRING)[0] == 200
    assert spaceone.taken == [FIRING]


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "text/plain;charset=UTF-8", "Text/Plain"]
)
def test_json_and_plain_text_are_taken(endpoint, content_type):
    assert endpoint.post('{"title": "x"}', content_type)[0] == 200


def test_what_is_declared_as_json_and_is_none_is_refused_and_plain_text_is_a_notice(endpoint, spaceone):
    assert endpoint.post("plain text", "application/json")[:2] == (400, {"error": "Body is not JSON"})
    assert endpoint.post("plain text", "text/plain")[0] == 200
    assert [taken["text"] for taken in spaceone.taken] == ["plain text"]


@pytest.mark.parametrize("content_type", ["application/xml", "text/html", "", "multipart/form-data"])
def test_another_content_type_is_refused(endpoint, spaceone, content_type):
    assert endpoint.post("{}", content_type)[:2] == (400, {"error": "Invalid content type"})
    assert spaceone.tries == 0


def test_an_envelope_of_another_type_is_refused(endpoint, spaceone):
    assert endpoint.post(ENVELOPE | {"type": "Greeting"})[:2] == (400, {"error": "Unknown message type"})
    assert spaceone.tries == 0
    assert endpoint.post(ENVELOPE)[0] == 200


def test_a_body_that_is_no_utf_8_is_refused(endpoint, spaceone):
    assert endpoint.post(b"\xff\xfe{}")[:2] == (400, {"error": "Body is not UTF-8 text"})
    assert spaceone.tries == 0


def test_a_body_over_256_kb_is_refused(endpoint, spaceone):
    assert endpoint.post("x" * 256 * 1024, "text/plain")[0] == 200
    assert endpoint.post("x" * (256 * 1024 + 1), "text/plain")[:2] == (413, {"error": "Body too large"})
    assert spaceone.tries == 1


@pytest.mark.parametrize("passing", [[503], [429, 502, 504], [503, 503, 503]])
def test_what_passes_is_tried_again_within_the_time_of_ons(endpoint, spaceone, passing):
    spaceone.behaviour = list(passing)
    start = time.monotonic()
    assert endpoint.post(FIRING)[0] == 200
    assert time.monotonic() - start < 4.5
    assert spaceone.tries == len(passing) + 1 and len(spaceone.taken) == 1


@pytest.mark.parametrize(("behaviour", "tries"), [([500], 1), (["slow"], 1), ([503] * 100, None)])
def test_what_does_not_pass_is_503_in_time_so_that_ons_keeps_the_message(endpoint, spaceone, behaviour, tries):
    spaceone.behaviour = behaviour
    start = time.monotonic()
    status, _, headers = endpoint.post(FIRING)
    assert time.monotonic() - start < 4.5
    assert (status, headers["Retry-After"]) == (503, "60")
    assert tries in (None, spaceone.tries)
    assert spaceone.taken == []


def test_a_refusal_by_spaceone_is_not_acknowledged(endpoint, spaceone):
    spaceone.behaviour = [404]
    assert endpoint.post(FIRING)[:2] == (502, {"error": "SpaceONE refused the message"})


def test_without_spaceone_the_answer_is_503_in_time(tmp_path):
    with relay(f"http://127.0.0.1:{free_port()}/x", tmp_path / "log") as endpoint:
        start = time.monotonic()
        assert endpoint.post(FIRING)[0] == 503
        assert time.monotonic() - start < 4.5


def test_one_slow_delivery_holds_up_no_other(endpoint, spaceone):
    spaceone.behaviour = ["slow"] * 5
    with ThreadPoolExecutor(5) as pool:
        slow = [pool.submit(endpoint.post, FIRING) for _ in range(5)]
        while spaceone.tries < 5:
            time.sleep(0.01)
        start = time.monotonic()
        assert [endpoint.post(FIRING)[0] for _ in range(20)] == [200] * 20
        assert time.monotonic() - start < 3
        assert [each.result()[0] for each in slow] == [503] * 5


def test_basic_authentication_is_asked_for_as_ons_needs_it_and_checked(spaceone, tmp_path):
    hashed = "sha256$" + hashlib.sha256(b"pass:word").hexdigest()
    basic = {
        user: "Basic " + base64.b64encode(user.encode()).decode() for user in ("ons:pass:word", "ons:wrong", "nobody:pass:word")
    }
    with relay(spaceone.url, tmp_path / "log", RELAY_USERS=f"ons:{hashed}") as endpoint:
        status, _, headers = endpoint.post(FIRING)
        assert status == 401
        assert headers["WWW-Authenticate"].startswith('Basic realm="')
        assert endpoint.post(FIRING, Authorization=basic["ons:pass:word"])[0] == 200
        for wrong in (
            basic["ons:wrong"],
            basic["nobody:pass:word"],
            "Basic !",
            "Basic",
            "Bearer x",
            basic["ons:pass:word"][6:],
        ):
            assert endpoint.post(FIRING, Authorization=wrong)[0] == 401
        assert endpoint.get("/health")[0] == 200
        assert "pass" not in endpoint.log.read_text() and hashed not in endpoint.log.read_text()


def test_a_confirmation_is_confirmed_by_the_relay_itself(spaceone, tmp_path):
    spaceone.tries = 0
    with (
        oracle(tmp_path) as ons,
        relay(spaceone.url, tmp_path / "log", **ons.environment | {"NO_PROXY": "127.0.0.1"}) as endpoint,
    ):
        assert endpoint.post({"ConfirmationURL": CONFIRMATION_URL}, X_OCI_NS_MessageType="SubscriptionConfirmation")[:2] == (
            200,
            {"status": "confirmed"},
        )
        header_only = {"X_OCI_NS_MessageType": "SubscriptionConfirmation", "X_OCI_NS_ConfirmationURL": CONFIRMATION_URL}
        assert endpoint.post("no <JSON>", "text/plain", **header_only)[:2] == (200, {"status": "confirmed"})
        assert len(ons.opened) == 2
        ons.behaviour = 500
        status, answer, _ = endpoint.post(
            {"ConfirmationURL": CONFIRMATION_URL}, X_OCI_NS_MessageType="SubscriptionConfirmation"
        )
        assert status == 503 and "Resend confirmation" in answer["error"]
        evil = CONFIRMATION_URL.replace("oraclecloud", "evil")
        assert endpoint.post("x", "text/plain", X_OCI_NS_ConfirmationURL=evil)[0] == 400
        assert len(ons.opened) == 3
        assert TOKEN not in endpoint.log.read_text()
    assert spaceone.tries == 0


def test_no_secret_is_logged(endpoint, spaceone):
    spaceone.behaviour = [500]
    endpoint.post(FIRING)
    endpoint.post(FIRING)
    assert "delivery status=503" in endpoint.log.read_text() and "delivery status=200" in endpoint.log.read_text()
    assert SECRET not in endpoint.log.read_text()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SPACEONE_WEBHOOK_URL", ""),
        ("SPACEONE_WEBHOOK_URL", "ftp://secret"),
        ("SPACEONE_WEBHOOK_URL", "https://host:port/secret"),
        ("RELAY_FORMAT", "xml"),
        ("RELAY_PORT", "http"),
        ("SPACEONE_WEBHOOK_URL", "https://secret..example/x"),
        ("RELAY_STATUS_PORT", "secret"),
        ("RELAY_STATUS_PORT", "8080"),
        ("RELAY_USERS", "ons:plain-secret"),
        ("RELAY_USERS", ","),
        ("RELAY_USERS", ""),
        ("RELAY_USERS", "secret :sha256$" + "0" * 64),
        ("RELAY_USERS", ":sha256$" + "0" * 64),
        ("RELAY_PROXIES", "secret"),
        ("RELAY_CA_FILE", "/nowhere/secret"),
        ("ONS_CONFIRM", "secret"),
    ],
)
def test_a_bad_setting_ends_the_start_with_one_line_and_status_2(variable, value, monkeypatch, capsys):
    for name, content in {"SPACEONE_WEBHOOK_URL": "https://example.com/x", variable: value}.items():
        monkeypatch.setenv(name, content)
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert printed.count("\n") == 1 and variable in printed and "secret" not in printed


@pytest.mark.parametrize("variable", ["RELAY_PORT", "RELAY_STATUS_PORT"])
def test_a_port_that_is_taken_ends_the_start_with_status_2(variable):
    ports = {"RELAY_PORT": str(free_port()), "RELAY_STATUS_PORT": str(free_port())}
    with socket.create_server(("", int(ports[variable]))):
        environment = {**os.environ, "SPACEONE_WEBHOOK_URL": "https://example.com/x", "PYTHONPATH": str(ROOT / "src"), **ports}
        command = [sys.executable, "-m", "plugin.relay"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert variable in ended.stderr.splitlines()[-1] and "is taken" in ended.stderr.splitlines()[-1]


def test_a_wrong_certificate_of_spaceone_is_refused_unless_its_authority_is_named(tmp_path):
    with oracle(tmp_path) as ons:  # any HTTPS server of that authority will do
        url = "https://notification.ap-seoul-1.oraclecloud.com/events"
        environment = {"HTTPS_PROXY": ons.environment["HTTPS_PROXY"], "https_proxy": ons.environment["HTTPS_PROXY"]}
        with relay(url, tmp_path / "untrusted", **environment) as endpoint:
            assert endpoint.post(FIRING)[0] == 503
        with relay(url, tmp_path / "trusted", RELAY_CA_FILE=str(ons.authority_file), **environment) as endpoint:
            ons.behaviour = "wrong name"
            assert endpoint.post(FIRING)[0] == 503
            assert ons.opened == []
            ons.behaviour = 200
            assert endpoint.post(FIRING)[0] == 200
        assert len(ons.opened) == 1


def test_slow_clients_and_giant_headers_do_not_take_it_down(endpoint):
    loris = [socket.create_connection(("127.0.0.1", endpoint.port)) for _ in range(300)]
    try:
        for connection in loris:
            connection.sendall(
                b"POST /webhook/oci HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
            )
        for connection in loris[-50:]:
            connection.sendall(b"\r\n{")  # these have begun, and never end their body
        with socket.create_connection(("127.0.0.1", endpoint.port)) as giant:
            giant.settimeout(10)
            try:
                giant.sendall(b"POST /webhook/oci HTTP/1.1\r\nX: " + b"y" * 1_000_000)
                assert giant.recv(100).split()[1:2] in ([], [b"400"], [b"431"])
            except ConnectionError:
                pass  # it hung up while we were still sending
        assert endpoint.post(FIRING)[0] == 200
        time.sleep(4.6)
        assert endpoint.post(FIRING)[0] == 200
    finally:
        for connection in loris:
            connection.close()
    assert endpoint.process.poll() is None


class Ons:
    """A client that keeps each message until it is acknowledged, and tries again, sooner than ONS does."""

    def __init__(self, address, count):
        self.address, self.count, self.tries = address, count, Counter()

    def deliver(self, number):
        message_id = f"message-{number}"
        body = FIRING | {"dedupeKey": message_id}
        for _ in range(200):
            self.tries[message_id] += 1
            try:
                if self.address().post(body, timeout=5, X_OCI_NS_MessageId=message_id)[0] == 200:
                    return message_id
            except (OSError, http.client.HTTPException):
                pass  # the relay was killed, perhaps between the headers and the body of its answer
            time.sleep(0.2)
        return None

    def run(self):
        with ThreadPoolExecutor(16) as pool:
            return [each for each in pool.map(self.deliver, range(self.count)) if each]


@pytest.mark.slow
def test_no_acknowledged_message_is_lost_while_spaceone_restarts(tmp_path):
    spaceone = SpaceOne()
    with relay(spaceone.url, tmp_path / "log") as endpoint:
        ons = Ons(lambda: endpoint, 500)
        restarts = threading.Thread(
            target=lambda: [(time.sleep(0.7), spaceone.stop(), time.sleep(0.5), spaceone.start()) for _ in range(3)]
        )
        restarts.start()
        acknowledged = ons.run()
        restarts.join()
    taken = Counter(each["headers"]["x-oci-ns-messageid"] for each in spaceone.taken)
    spaceone.stop()
    print(f"{len(acknowledged)} acknowledged, {len(taken)} taken, {sum(ons.tries.values())} tries")
    assert len(acknowledged) == 500
    assert set(taken) >= set(acknowledged)
    twice = {message_id for message_id, times in taken.items() if times > 1}
    assert all(ons.tries[message_id] > 1 for message_id in twice), "one that was acknowledged at once came twice"


@pytest.mark.slow
def test_nothing_acknowledged_is_missing_though_the_relay_is_killed(tmp_path):
    spaceone, endpoints, ended = SpaceOne(), [], threading.Event()

    def keep_one_alive():
        for number in range(4):
            with relay(spaceone.url, tmp_path / f"log{number}") as endpoint:
                endpoints.append(endpoint)
                ended.wait(1.2 if number < 3 else None)  # leaving the context kills it

    keeper = threading.Thread(target=keep_one_alive)
    keeper.start()
    while not endpoints:
        time.sleep(0.01)
    ons = Ons(lambda: endpoints[-1], 500)
    acknowledged = ons.run()
    ended.set()
    keeper.join()
    taken = {each["headers"]["x-oci-ns-messageid"] for each in spaceone.taken}
    spaceone.stop()
    print(f"{len(acknowledged)} acknowledged, {len(taken)} taken, {sum(ons.tries.values())} tries, {len(endpoints)} relays")
    assert len(acknowledged) == 500
    assert taken >= set(acknowledged)
