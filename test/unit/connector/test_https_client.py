"""Calls to the outside, over real TLS on loopback: Oracle's stand-in behind its proxy, as HTTPS_PROXY leads there.

What no server can be made to do at once (a connection that is never made, a second try) is done by httpx.MockTransport.
"""

import asyncio
import base64
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from plugin.connector import https_client
from plugin.connector.https_client import Failed, HttpsClient
from standin.oracle import CONFIRMATION_URL, HOST, oracle

PATH = CONFIRMATION_URL.partition(HOST)[2]
UNREACHABLE = "Oracle could not be reached, or did not answer in time"
OTHERS = [
    CONFIRMATION_URL.replace(HOST, f"notification.{region}.oraclecloud.com") for region in ("uk-london-1", "us-phoenix-1")
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with oracle(tmp_path_factory.mktemp("oracle")) as server:
        yield server


@pytest.fixture
def ons(served, monkeypatch):
    served.reset()
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    return served


@pytest.fixture
def short(monkeypatch):
    """The limits in tenths of their time."""
    for name in ("DEADLINE", "CONNECT", "READ"):
        monkeypatch.setattr(https_client, name, getattr(https_client, name) / 10)


def failure(client, most_bytes=0, url=CONFIRMATION_URL):
    with pytest.raises(Failed) as caught:
        client.get(url, most_bytes)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def answered(content, **headers):
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(content))


def through(handler):
    """Return a client whose network is the handler, and the requests that it made."""
    requests = []

    async def handle(request):
        requests.append(request)
        return await handler(request, len(requests))

    return HttpsClient(httpx.MockTransport(handle)), requests


def raising(*errors):
    async def handler(request, number):
        if number <= len(errors):
            raise errors[number - 1]
        return answered(b"late")

    return handler


def test_a_link_is_opened_to_the_letter_and_its_body_is_not_read(ons):
    ons.content = b"x" * 100
    assert HttpsClient().get(CONFIRMATION_URL, 0) == b""
    assert (ons.asked, ons.opened) == ([f"{HOST}:443"], [PATH])


def test_the_body_is_returned_up_to_its_limit(ons):
    ons.content = b"x" * 10_000
    client = HttpsClient()
    assert client.get(CONFIRMATION_URL, 10_000) == ons.content
    assert failure(client, 9_999) == "Oracle answered with more than 9999 bytes"


def test_a_body_without_end_is_refused_at_its_limit(ons):
    ons.behaviour = "endless"
    assert failure(HttpsClient(), 65_536) == "Oracle answered with more than 65536 bytes"
    assert HttpsClient().get(CONFIRMATION_URL, 0) == b""


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_success(ons, status):
    ons.behaviour = status
    assert HttpsClient().get(CONFIRMATION_URL, 100) == b""


@pytest.mark.parametrize("status", [301, 304, 400, 401, 403, 404, 410, 429, 500, 503])
def test_any_other_status_is_named_and_no_redirect_is_followed(ons, status):
    ons.behaviour, ons.content = status, b""
    assert failure(HttpsClient(), 100) == f"Oracle answered HTTP {status}"
    assert ons.opened == [PATH]


def test_a_certificate_of_another_name_is_not_trusted_and_not_tried_again(ons):
    ons.behaviour = "wrong name"
    assert failure(HttpsClient()) == UNREACHABLE
    assert len(ons.asked) == 1 and ons.opened == []


def test_an_authority_that_is_not_known_is_not_trusted(ons, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert failure(HttpsClient()) == UNREACHABLE
    assert ons.opened == []


def test_a_proxy_that_refuses_is_unreachable(ons):
    ons.behaviour = "refused"
    assert failure(HttpsClient()) == UNREACHABLE


def test_a_connection_that_breaks_is_not_tried_again(ons):
    ons.behaviour = "reset"
    assert failure(HttpsClient()) == UNREACHABLE
    assert ons.opened == [PATH]


def test_a_server_without_an_answer_costs_the_time_to_read(ons, short, monkeypatch):
    monkeypatch.setattr(https_client, "DEADLINE", 3.0)
    ons.behaviour = "slow"
    begun = time.monotonic()
    assert failure(HttpsClient()) == UNREACHABLE
    assert 0.1 < time.monotonic() - begun < 2
    assert ons.opened == [PATH]


def test_a_body_in_drips_costs_the_deadline(ons, monkeypatch):
    monkeypatch.setattr(https_client, "DEADLINE", 0.7)
    ons.behaviour, ons.content = "drip", b"x" * 20
    begun = time.monotonic()
    assert failure(HttpsClient(), 100) == UNREACHABLE
    assert 0.6 < time.monotonic() - begun < 3


def test_no_credentials_and_no_cookies_are_sent(monkeypatch, tmp_path):
    """The request itself is looked at, before the network."""
    (tmp_path / ".netrc").write_text(f"machine {HOST} login user password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    async def handler(request, number):
        return httpx.Response(200, headers={"Set-Cookie": "session=x"})

    client, requests = through(handler)
    for _ in range(2):
        client.get(CONFIRMATION_URL, 0)
    for request in requests:
        assert (request.method, str(request.url), request.content) == ("GET", CONFIRMATION_URL, b"")
        assert {"authorization", "cookie", "proxy-authorization"}.isdisjoint(request.headers)
        assert request.headers["accept-encoding"] == "identity"
        assert base64.b64encode(b"user:secret").decode() not in str(request.headers)


def test_a_compressed_body_is_not_unpacked():
    async def handler(request, number):
        return answered(b"not unpacked", **{"Content-Encoding": "gzip"})

    assert through(handler)[0].get(CONFIRMATION_URL, 100) == b"not unpacked"


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x")])
def test_a_connection_that_was_never_made_is_tried_a_second_time(error):
    client, requests = through(raising(error))
    assert client.get(CONFIRMATION_URL, 100) == b"late"
    assert len(requests) == 2


@pytest.mark.parametrize("error", [httpx.ConnectError("private"), httpx.ConnectTimeout("private")])
def test_there_is_no_third_try(error):
    client, requests = through(raising(error, error))
    assert failure(client) == UNREACHABLE
    assert len(requests) == 2


def test_a_host_whose_certificate_is_not_trusted_is_not_tried_again():
    untrusted = httpx.ConnectError("private")
    untrusted.__cause__ = OSError("private")
    untrusted.__cause__.__context__ = ssl.SSLCertVerificationError("private")
    client, requests = through(raising(untrusted))
    assert failure(client) == UNREACHABLE
    assert len(requests) == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("private"),
        httpx.WriteTimeout("private"),
        httpx.ReadError("private"),
        httpx.RemoteProtocolError("private"),
        httpx.ProxyError("private"),
        httpx.InvalidURL("private"),
    ],
)
def test_what_may_have_been_sent_is_never_sent_again(error):
    client, requests = through(raising(error))
    assert failure(client) == UNREACHABLE
    assert len(requests) == 1


def test_each_request_has_its_limits_to_connect_and_to_read():
    async def handler(request, number):
        return httpx.Response(200)

    client, requests = through(handler)
    client.get(CONFIRMATION_URL, 0)
    timeout = requests[0].extensions["timeout"]
    assert (timeout["connect"], timeout["read"]) == (1.0, 1.5)


def test_the_deadline_leaves_time_within_the_5_seconds_of_ons():
    assert https_client.DEADLINE == 3.8


class Waiting:
    """A network that answers once the test lets it go, and counts the calls that have arrived."""

    def __init__(self):
        self.release, self.arrived = threading.Event(), threading.Semaphore(0)

    async def __call__(self, request, number):
        self.arrived.release()
        while not self.release.is_set():
            await asyncio.sleep(0.01)
        return answered(b"done")


def test_6_calls_to_a_host_are_under_way_and_a_further_one_is_refused_at_once():
    network = Waiting()
    client, requests = through(network)
    with ThreadPoolExecutor(7) as pool:
        calls = [pool.submit(client.get, CONFIRMATION_URL, 100) for _ in range(6)]
        assert all(network.arrived.acquire(timeout=5) for _ in calls)
        begun = time.monotonic()
        assert failure(client) == "too many calls to Oracle are under way"
        assert time.monotonic() - begun < 1
        calls.append(pool.submit(client.get, OTHERS[0], 100))  # another host is not held up
        assert network.arrived.acquire(timeout=5)
        network.release.set()
        assert [call.result() for call in calls] == [b"done"] * 7
    assert client.get(CONFIRMATION_URL, 100) == b"done"
    assert len(requests) == 8


def test_12_calls_are_under_way_in_all_and_later_ones_pass():
    network = Waiting()
    client, requests = through(network)
    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(client.get, url, 100) for url in (CONFIRMATION_URL, OTHERS[0]) for _ in range(6)]
        assert all(network.arrived.acquire(timeout=5) for _ in calls)
        assert failure(client, url=OTHERS[1]) == "too many calls to Oracle are under way"
        network.release.set()
        assert [call.result() for call in calls] == [b"done"] * 12
    assert client.get(OTHERS[1], 100) == b"done"
    assert len(requests) == 13


def test_hosts_are_forgotten_when_their_calls_are_done():
    client, _ = through(raising())
    for url in (CONFIRMATION_URL, *OTHERS):
        client.get(url, 100)
    end = time.monotonic() + 5
    while client._calls:
        assert time.monotonic() < end


def test_a_call_that_failed_frees_its_place():
    client, requests = through(raising(*[httpx.ReadError("x")] * 30))
    assert {failure(client) for _ in range(30)} == {UNREACHABLE}
    assert len(requests) == 30


def test_a_call_at_its_deadline_is_cancelled_and_frees_its_place(short):
    ended = []

    async def handler(request, number):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(number)

    client, _ = through(handler)
    begun = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        failures = list(pool.map(lambda _: failure(client), range(6)))
    assert set(failures) == {UNREACHABLE}
    assert 0.3 < time.monotonic() - begun < 3
    assert len(ended) == 6
    assert failure(client) == UNREACHABLE


def test_a_loop_that_hangs_holds_the_caller_not_much_beyond_the_deadline(short):
    """The network blocks the loop itself, as only a defect could."""

    async def handler(request, number):
        time.sleep(2)
        return httpx.Response(200)

    client, _ = through(handler)
    begun = time.monotonic()
    assert failure(client) == UNREACHABLE
    assert 0.5 < time.monotonic() - begun < 1.8


def test_all_calls_share_one_loop_in_a_thread_that_ends_with_the_process():
    async def handler(request, number):
        return answered(threading.current_thread().name.encode())

    client, _ = through(handler)
    assert {client.get(CONFIRMATION_URL, 100) for _ in range(3)} == {b"https"}
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "https")
