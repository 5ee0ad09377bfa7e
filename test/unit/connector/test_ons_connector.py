"""Confirming and fetching certificates, over real TLS on loopback: Oracle's stand-in behind its proxy.

What no server can be made to do at once (a connection that is never made, a second try) is done by httpx.MockTransport; the
clock of what is kept is an argument.
"""

import asyncio
import base64
import ssl
import time

import httpx
import pytest

from corpus.signing import CERTIFICATE, CERTIFICATE_URL
from plugin.connector import ons_connector
from plugin.connector.ons_connector import BUSY, UNREACHABLE, OnsConnector
from plugin.error import ERROR_CERTIFICATE, ERROR_SIGNATURE, ERROR_UNCONFIRMED
from plugin.observe.metrics import REGISTRY
from standin.certificates import pem
from standin.oracle import CONFIRMATION_URL, HOST, oracle

PATH = CONFIRMATION_URL.partition(HOST)[2]
PEM = pem(CERTIFICATE)
REGIONS = ("uk-london-1", "us-phoenix-1", "eu-milan-1", "ap-tokyo-1")
OTHERS = [CONFIRMATION_URL.replace(HOST, f"notification.{region}.oraclecloud.com") for region in REGIONS]


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


class Network:
    """A network that answers each request with the status and content that it is told to, or raises; it may be shut."""

    def __init__(self):
        self.status, self.content, self.errors, self.requests = 200, PEM, [], []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, request):
        self.requests.append(request)
        if self.errors:
            raise self.errors.pop(0)
        await self.gate.wait()
        return httpx.Response(self.status, stream=httpx.ByteStream(self.content))

    @property
    def urls(self):
        return [str(request.url) for request in self.requests]


@pytest.fixture
def network():
    return Network()


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def connector(network, clock):
    return OnsConnector(httpx.MockTransport(network), lambda: clock[0])


def confirm(connector, url=CONFIRMATION_URL):
    return asyncio.run(connector.confirm(url))


def certificate(connector, url=CERTIFICATE_URL):
    return asyncio.run(connector.certificate(url))


def unconfirmed(connector, url=CONFIRMATION_URL):
    with pytest.raises(ERROR_UNCONFIRMED) as caught:
        confirm(connector, url)
    assert caught.value.__suppress_context__ and "private" not in caught.value.message
    return caught.value.message.partition("not confirmed: ")[2].partition(". Choose")[0]


def refusal(connector, error=ERROR_CERTIFICATE, url=CERTIFICATE_URL):
    with pytest.raises(error) as caught:
        certificate(connector, url)
    return caught.value.message


def counted(name, outcome):
    return REGISTRY.get_sample_value(f"ons_webhook_{name}_total", {"outcome": outcome})


async def settle(until):
    while not until():
        await asyncio.sleep(0.005)


# Confirming


def test_a_link_is_opened_to_the_letter_each_time_and_counted(ons):
    ons.content, before = b"x" * 100, counted("confirmations", "confirmed")
    for _ in range(2):
        assert confirm(OnsConnector()) is None
    assert (ons.asked, ons.opened) == ([f"{HOST}:443"] * 2, [PATH] * 2)
    assert counted("confirmations", "confirmed") == before + 2


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_success(ons, status):
    ons.behaviour = status
    assert confirm(OnsConnector()) is None


@pytest.mark.parametrize("status", [301, 304, 400, 401, 403, 404, 410, 429, 500, 503])
def test_any_other_status_is_named_and_no_redirect_is_followed(ons, status):
    ons.behaviour, ons.content, before = status, b"", counted("confirmations", "failed")
    assert unconfirmed(OnsConnector()) == f"Oracle answered HTTP {status}"
    assert ons.opened == [PATH]
    assert counted("confirmations", "failed") == before + 1


def test_of_an_answer_without_end_nothing_is_read(ons):
    ons.behaviour = "endless"
    assert confirm(OnsConnector()) is None


def test_a_certificate_of_another_name_is_not_trusted_and_not_tried_again(ons):
    ons.behaviour = "wrong name"
    assert unconfirmed(OnsConnector()) == UNREACHABLE
    assert len(ons.asked) == 1 and ons.opened == []


def test_an_authority_that_is_not_known_is_not_trusted(ons, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert unconfirmed(OnsConnector()) == UNREACHABLE
    assert ons.opened == []


@pytest.mark.parametrize("behaviour", ["refused", "reset"])
def test_a_proxy_that_refuses_or_a_connection_that_breaks_is_unreachable(ons, behaviour):
    ons.behaviour = behaviour
    assert unconfirmed(OnsConnector()) == UNREACHABLE
    assert len(ons.opened) <= 1


def test_a_server_without_an_answer_costs_the_time_to_read(ons, monkeypatch):
    monkeypatch.setattr(ons_connector, "READ_TIMEOUT", 0.15)
    ons.behaviour, begun = "slow", time.monotonic()
    assert unconfirmed(OnsConnector()) == UNREACHABLE
    assert 0.1 < time.monotonic() - begun < 3
    assert ons.opened == [PATH]


def test_a_body_in_drips_costs_the_deadline(ons, monkeypatch):
    assert ons_connector.FETCH_DEADLINE == 3.8
    monkeypatch.setattr(ons_connector, "FETCH_DEADLINE", 0.7)
    ons.behaviour, ons.content, begun = "drip", b"x" * 20, time.monotonic()
    with pytest.raises(ERROR_CERTIFICATE):
        certificate(OnsConnector(), CONFIRMATION_URL)
    assert 0.6 < time.monotonic() - begun < 3


def test_no_credentials_and_no_cookies_are_sent(connector, network, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text(f"machine {HOST} login user password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    confirm(connector)
    (request,) = network.requests
    assert (request.method, str(request.url), request.content) == ("GET", CONFIRMATION_URL, b"")
    assert {"authorization", "cookie", "proxy-authorization"}.isdisjoint(request.headers)
    assert request.headers["accept-encoding"] == "identity"
    assert base64.b64encode(b"user:secret").decode() not in str(request.headers)
    assert (request.extensions["timeout"]["connect"], request.extensions["timeout"]["read"]) == (1.0, 1.5)


def test_a_connection_that_was_never_made_is_tried_a_second_time_and_no_third(connector, network):
    network.errors = [httpx.ConnectError("private")]
    assert confirm(connector) is None
    network.errors = [httpx.ConnectError("private")] * 2
    assert unconfirmed(connector) == UNREACHABLE
    assert len(network.requests) == 4


def test_a_host_whose_certificate_is_not_trusted_is_not_tried_again(connector, network):
    untrusted = httpx.ConnectError("private")
    untrusted.__cause__ = OSError("private")
    untrusted.__cause__.__context__ = ssl.SSLCertVerificationError("private")
    network.errors = [untrusted]
    assert unconfirmed(connector) == UNREACHABLE
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.ProxyError, httpx.InvalidURL],
)
def test_what_may_have_been_sent_is_never_sent_again(connector, network, error):
    network.errors = [error("private")]
    assert unconfirmed(connector) == UNREACHABLE
    assert len(network.requests) == 1


# Bounds and fairness


async def outcomes(connector, calls):
    """Return what becomes of calls that begin at once: None, or why each failed."""

    async def outcome(url, owner):
        try:
            await connector.confirm(url, owner)
        except ERROR_UNCONFIRMED as e:
            return BUSY if BUSY in e.message else UNREACHABLE

    return await asyncio.gather(*(outcome(url, owner) for url, owner in calls))


def all_at_once(connector, network, calls):
    async def run():
        network.gate = asyncio.Event()
        began = asyncio.ensure_future(outcomes(connector, calls))
        await asyncio.sleep(0.1)
        network.gate.set()
        return await began

    return asyncio.run(run())


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(ons_connector, "QUEUE_TIMEOUT", 0.0)


@pytest.mark.usefixtures("_impatient")
def test_one_owner_has_a_third_of_all_calls_and_others_pass(connector, network):
    ended = all_at_once(connector, network, [(url, "one") for url in OTHERS * 2] + [(OTHERS[0], "other")])
    assert (ended[:4], ended[4:8], ended[8]) == ([None] * 4, [BUSY] * 4, None)


@pytest.mark.usefixtures("_impatient")
def test_a_host_has_six_calls_and_all_together_twelve(connector, network):
    ended = all_at_once(connector, network, [(OTHERS[0], f"{i // 4}") for i in range(8)])
    assert (ended.count(None), ended.count(BUSY)) == (6, 2)
    ended = all_at_once(connector, network, [(OTHERS[i % 4], f"{i // 3}") for i in range(15)])
    assert (ended.count(None), ended.count(BUSY)) == (12, 3)
    assert not connector._by_host and not connector._by_owner


def test_a_host_that_timed_out_gets_one_call_at_a_time_for_30_seconds(connector, network, clock):
    network.errors = [httpx.ReadTimeout("private")]
    assert unconfirmed(connector, OTHERS[0]) == UNREACHABLE
    assert all_at_once(connector, network, [(OTHERS[0], str(i)) for i in range(3)]).count(None) == 1
    assert all_at_once(connector, network, [(OTHERS[0], str(i)) for i in range(3)]).count(None) == 3, "it answered"
    network.errors = [httpx.ConnectTimeout("private")]
    assert unconfirmed(connector, OTHERS[0]) == UNREACHABLE
    clock[0] += 31
    assert all_at_once(connector, network, [(OTHERS[0], str(i)) for i in range(3)]).count(None) == 3


def test_a_call_that_finds_no_place_waits_for_one(connector, network):
    assert all_at_once(connector, network, [(url, "one") for url in OTHERS * 2]) == [None] * 8
    assert (connector._queued, ons_connector.MAX_QUEUED_FETCHES, ons_connector.QUEUE_TIMEOUT) == (0, 50, 2.0)


def test_few_calls_wait(connector, network, monkeypatch):
    monkeypatch.setattr(ons_connector, "MAX_QUEUED_FETCHES", 2)
    ended = all_at_once(connector, network, [(url, "one") for url in OTHERS * 2])
    assert (ended.count(None), ended.count(BUSY)) == (6, 2)


@pytest.mark.exhaustive
@pytest.mark.parametrize("honest", ["another", "attacker"], ids=["options of his own", "no options, as the attacker"])
def test_three_dead_hosts_of_one_owner_keep_out_no_confirmation_of_another(connector, network, monkeypatch, honest):
    monkeypatch.setattr(ons_connector, "FETCH_DEADLINE", 0.2)
    dead = set(OTHERS[:3])

    async def network_with_dead_hosts(request):
        if str(request.url) in dead:
            await asyncio.sleep(60)
        return httpx.Response(200)

    connector._transport = httpx.MockTransport(network_with_dead_hosts)

    async def run():
        async def attack():
            while True:
                await outcomes(connector, [(url, "attacker") for url in dead for _ in range(3)])
                await asyncio.sleep(0.01)

        attacking = asyncio.ensure_future(attack())
        ended = []
        for _ in range(30):
            ended += await outcomes(connector, [(OTHERS[3], honest)])
            await asyncio.sleep(0.02)
        attacking.cancel()
        return ended

    assert asyncio.run(run()) == [None] * 30


def test_a_call_at_its_deadline_is_cancelled_and_frees_its_place(connector, monkeypatch):
    monkeypatch.setattr(ons_connector, "FETCH_DEADLINE", 0.1)
    ended = []

    async def hang(request):
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(request)

    connector._transport = httpx.MockTransport(hang)
    assert asyncio.run(outcomes(connector, [(CONFIRMATION_URL, "")] * 4)) == [UNREACHABLE] * 4
    assert len(ended) == 4 and not connector._by_host


# Certificates


def test_a_certificate_is_kept_for_an_hour(connector, network, clock):
    before = counted("certificate_fetches", "fetched")
    for seconds, fetched in ((0, 1), (3599, 1), (2, 2)):
        clock[0] += seconds
        assert certificate(connector) == CERTIFICATE
        assert len(network.urls) == fetched
    assert counted("certificate_fetches", "fetched") == before + 2


@pytest.mark.parametrize(("status", "content", "error"), [(404, b"", ERROR_CERTIFICATE), (200, b"<html>", ERROR_SIGNATURE)])
def test_a_failure_is_kept_for_30_seconds_and_not_for_an_hour(connector, clock, network, status, content, error):
    before = counted("certificate_fetches", "failed")
    network.status, network.content = status, content
    first = refusal(connector, error)
    clock[0] += 29
    assert refusal(connector, error) == first
    assert len(network.urls) == 1
    network.status, network.content = 200, PEM
    clock[0] += 2
    assert certificate(connector) == CERTIFICATE
    assert counted("certificate_fetches", "failed") == before + 1


@pytest.mark.parametrize(
    ("status", "content", "error", "said"),
    [
        (404, b"", ERROR_CERTIFICATE, "fetched: Oracle answered HTTP 404. Let"),
        (200, PEM + b"\n" * 65536, ERROR_CERTIFICATE, "fetched: Oracle answered with more than 65536 bytes. Let"),
        (200, b"<html>", ERROR_SIGNATURE, "The signature check failed: signingCertURL has no PEM certificate."),
    ],
)
def test_a_certificate_that_cannot_be_had_is_refused_by_name(connector, network, status, content, error, said):
    network.status, network.content = status, content
    assert said in refusal(connector, error)


def test_a_certificate_of_64_kib_is_taken_and_a_compressed_one_is_not_unpacked(connector, network):
    network.content = PEM + b"\n" * (65536 - len(PEM))
    assert certificate(connector) == CERTIFICATE


def test_one_caller_fetches_for_all_and_its_failure_is_theirs(connector, network):
    async def run(url):
        network.gate = asyncio.Event()
        calls = [asyncio.ensure_future(connector.certificate(url)) for _ in range(50)]
        await settle(lambda: network.requests)
        network.gate.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    assert asyncio.run(run(CERTIFICATE_URL)) == [CERTIFICATE] * 50
    assert len(network.urls) == 1
    network.status = 404
    assert {type(error) for error in asyncio.run(run(CERTIFICATE_URL + "2"))} == {ERROR_CERTIFICATE}
    assert len(network.urls) == 2


@pytest.mark.usefixtures("_impatient")
def test_that_too_many_calls_are_in_progress_is_not_kept_as_the_hosts_failure(connector, network):
    async def run():
        network.gate = asyncio.Event()
        calls = asyncio.ensure_future(outcomes(connector, [(OTHERS[0], "")] * 4))
        await settle(lambda: len(network.requests) == 4)
        with pytest.raises(ERROR_CERTIFICATE, match="too many calls"):
            await connector.certificate(CERTIFICATE_URL)
        network.gate.set()
        await calls
        return await connector.certificate(CERTIFICATE_URL)

    assert asyncio.run(run()) == CERTIFICATE


def test_failures_push_no_certificate_out_and_both_are_bounded(connector, network):
    certificate(connector)
    network.status = 500
    for number in range(257):
        refusal(connector, url=f"{CERTIFICATE_URL}{number}")
    assert certificate(connector) == CERTIFICATE
    assert len(network.urls) == 258
    refusal(connector, url=f"{CERTIFICATE_URL}0")  # the oldest is forgotten
    assert len(network.urls) == 259
    network.status = 200
    for number in range(64):
        certificate(connector, f"{CERTIFICATE_URL}new{number}")
    certificate(connector)
    assert len(network.urls) == 324
