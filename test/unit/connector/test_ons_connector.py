"""Confirming and fetching certificates. The network is httpx.MockTransport; the clock is an argument where it matters."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from corpus.signing import CERTIFICATE, CERTIFICATE_URL
from plugin.connector.https_client import HttpsClient
from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_CERTIFICATE, ERROR_SIGNATURE, ERROR_UNCONFIRMED
from plugin.observe.metrics import REGISTRY
from standin.certificates import pem
from standin.oracle import CONFIRMATION_URL, HOST

PEM = pem(CERTIFICATE)
CONFIRMATION_OF_THE_HOST = CONFIRMATION_URL.replace(HOST, urlsplit(CERTIFICATE_URL).netloc)


class Network:
    """Answers each request with the status and content that it is told to, once `open` is set."""

    def __init__(self):
        self.status, self.content, self.urls, self.open = 200, PEM, [], threading.Event()
        self.open.set()

    async def __call__(self, request):
        self.urls.append(str(request.url))
        while not self.open.is_set():
            await asyncio.sleep(0.01)
        return httpx.Response(self.status, stream=httpx.ByteStream(self.content))


@pytest.fixture
def network():
    return Network()


@pytest.fixture
def connector(network):
    return OnsConnector(HttpsClient(httpx.MockTransport(network)))


@pytest.fixture
def clock():
    return [1000.0]


def timed(network, clock):
    """A connector whose clock the test turns."""
    return OnsConnector(HttpsClient(httpx.MockTransport(network)), lambda: clock[0])


def counted(name, outcome):
    return REGISTRY.get_sample_value(f"ons_webhook_{name}_total", {"outcome": outcome})


def refusal(connector, error=ERROR_CERTIFICATE, url=CERTIFICATE_URL):
    with pytest.raises(error) as caught:
        connector.certificate(url)
    return caught.value.message


def test_a_confirmation_is_opened_each_time_and_counted(connector, network):
    before = counted("confirmations", "confirmed"), counted("confirmations", "failed")
    for _ in range(2):
        assert connector.confirm(CONFIRMATION_URL) is None
    assert network.urls == [CONFIRMATION_URL] * 2
    assert (counted("confirmations", "confirmed"), counted("confirmations", "failed")) == (before[0] + 2, before[1])


def test_a_confirmation_that_oracle_refuses_is_said_and_counted(connector, network):
    network.status = 410
    before = counted("confirmations", "confirmed"), counted("confirmations", "failed")
    with pytest.raises(ERROR_UNCONFIRMED) as caught:
        connector.confirm(CONFIRMATION_URL)
    assert "not confirmed: Oracle answered HTTP 410. Choose" in caught.value.message
    assert caught.value.__suppress_context__
    assert (counted("confirmations", "confirmed"), counted("confirmations", "failed")) == (before[0], before[1] + 1)


def test_of_a_confirmations_answer_nothing_is_read(connector, network):
    network.content = b"x" * 1_000_000
    connector.confirm(CONFIRMATION_URL)
    assert len(network.urls) == 1


def test_a_certificate_is_kept_for_an_hour(clock, network):
    connector = timed(network, clock)
    before = counted("certificate_fetches", "fetched")
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE
    clock[0] += 3599
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE
    assert len(network.urls) == 1
    clock[0] += 2
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE
    assert len(network.urls) == 2
    assert counted("certificate_fetches", "fetched") == before + 2


@pytest.mark.parametrize(("status", "content", "error"), [(404, b"", ERROR_CERTIFICATE), (200, b"<html>", ERROR_SIGNATURE)])
def test_a_failure_is_kept_for_30_seconds_and_not_for_an_hour(clock, network, status, content, error):
    connector = timed(network, clock)
    before = counted("certificate_fetches", "failed")
    network.status, network.content = status, content
    refusal(connector, error)
    clock[0] += 29
    refusal(connector, error)
    assert len(network.urls) == 1
    network.status, network.content = 200, PEM
    clock[0] += 2
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE
    assert len(network.urls) == 2
    assert counted("certificate_fetches", "failed") == before + 1


def test_each_url_has_a_certificate_of_its_own_and_64_are_kept(connector, network):
    urls = [f"{CERTIFICATE_URL}{number}" for number in range(65)]
    for url in urls[:64] * 2:
        connector.certificate(url)
    assert network.urls == urls[:64]
    connector.certificate(urls[64])
    connector.certificate(urls[0])
    assert len(network.urls) == 66


def test_what_is_no_pem_is_a_signature_that_does_not_hold(connector, network):
    network.content = b"<html>"
    said = "The signature does not hold: what stands at signingCertURL is no PEM certificate."
    assert refusal(connector, ERROR_SIGNATURE).startswith(said)


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (404, b"", "fetched: Oracle answered HTTP 404. Let"),
        (200, PEM + b"\n" * 65536, "fetched: Oracle answered with more than 65536 bytes. Let"),
    ],
)
def test_a_certificate_that_cannot_be_fetched_is_unavailable(connector, network, status, content, said):
    network.status, network.content = status, content
    assert said in refusal(connector)


def test_a_certificate_of_64_kib_is_taken(connector, network):
    network.content = PEM + b"\n" * (65536 - len(PEM))
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE


def test_one_caller_fetches_for_all_and_more_than_12_are_refused_at_once(connector, network):
    network.open.clear()
    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(connector.certificate, CERTIFICATE_URL) for _ in range(12)]
        while connector._waiting._value or not network.urls:
            time.sleep(0.01)
        begun = time.monotonic()
        assert "fetched: too many calls to Oracle are under way. Let" in refusal(connector)
        assert time.monotonic() - begun < 0.5
        network.open.set()
        assert {call.result() for call in calls} == {CERTIFICATE}
    assert len(network.urls) == 1
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE


def test_a_certificate_that_is_kept_is_returned_though_all_who_may_wait_do(connector, network):
    connector.certificate(CERTIFICATE_URL)
    network.open.clear()
    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(connector.certificate, CERTIFICATE_URL + "2") for _ in range(12)]
        while connector._waiting._value or len(network.urls) < 2:
            time.sleep(0.01)
        assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE
        network.open.set()
        assert len([call.result() for call in calls]) == 12


def test_waiting_callers_free_their_places_after_failures_too(connector, network):
    network.status = 500
    for number in range(30):
        assert "HTTP 500" in refusal(connector, url=f"{CERTIFICATE_URL}{number}")
    assert len(network.urls) == 30


def test_that_too_many_calls_are_under_way_is_not_kept_as_the_hosts_failure(connector, network):
    network.open.clear()
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(connector.confirm, CONFIRMATION_OF_THE_HOST) for _ in range(6)]
        while len(network.urls) < 6:
            time.sleep(0.005)
        assert "too many calls" in refusal(connector)
        network.open.set()
        assert [call.result(10) for call in calls] == [None] * 6
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE


def test_those_who_wait_for_a_failure_have_it_of_the_one_who_fetches(connector, network):
    network.status = 404
    network.open.clear()
    with ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(refusal, connector) for _ in range(5)]
        while connector._waiting._value > 12 - 5 or not network.urls:
            time.sleep(0.005)
        network.open.set()
        assert all("HTTP 404" in call.result(10) for call in calls)
    assert len(network.urls) == 1


def test_failures_push_no_certificate_out_and_are_bounded(network, clock):
    connector = timed(network, clock)
    connector.certificate(CERTIFICATE_URL)
    network.status = 500
    for number in range(257):
        refusal(connector, url=f"{CERTIFICATE_URL}{number}")
    assert len(connector._failures) == 256
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE
    assert len(network.urls) == 258
    refusal(connector, url=f"{CERTIFICATE_URL}0")  # the oldest is forgotten
    assert len(network.urls) == 259


def test_nobody_waits_for_a_fetch_that_broke(connector, monkeypatch):
    """What no fetch should raise is put in its place."""

    def broken(url):
        raise RuntimeError

    monkeypatch.setattr(connector, "_fetch", broken)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            connector.certificate(CERTIFICATE_URL)
    monkeypatch.undo()
    assert connector.certificate(CERTIFICATE_URL) == CERTIFICATE


def test_what_is_kept_goes_by_the_monotonic_clock(connector):
    for kept, most, seconds in ((connector._certificates, 64, 3600), (connector._failures, 256, 30)):
        assert (kept.maxsize, kept.ttl) == (most, seconds)
        assert kept.timer() == pytest.approx(time.monotonic(), abs=5)


def test_without_a_client_it_makes_its_own():
    assert isinstance(OnsConnector()._client, HttpsClient)
