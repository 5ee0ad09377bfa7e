"""Forwarding a message to SpaceONE, and again while nothing was handed over; SpaceONE is httpx.MockTransport."""

import asyncio
import ssl
import time

import httpx
import pytest

from plugin.error import ERROR_ENVIRONMENT
from plugin.relay import delivery
from plugin.relay.delivery import Forwarder

URL = "https://spaceone.example.com/key/events"
TLS = ssl.create_default_context()


class SpaceOne:
    """Answers with one behaviour after the other: a status, an error, or seconds to wait before 200."""

    def __init__(self, *behaviours):
        self.behaviours, self.requests = list(behaviours), []

    async def __call__(self, request):
        self.requests.append(request)
        behaviour = self.behaviours.pop(0) if self.behaviours else 200
        if isinstance(behaviour, Exception):
            raise behaviour
        if isinstance(behaviour, float):
            await asyncio.sleep(behaviour)
        return httpx.Response(behaviour if isinstance(behaviour, int) else 200, stream=httpx.ByteStream(b""))

    def forward(self, content=b"{}"):
        async def run():
            async with Forwarder(URL, TLS, httpx.MockTransport(self)) as forwarder:
                return await forwarder.forward(content)

        return asyncio.run(run())


@pytest.fixture
def pauses(monkeypatch):
    """Time is replaced: it passes only in pauses, which are written down, and chance is at its highest."""
    slept, now = [], [0.0]

    async def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    class Asyncio:
        timeout = staticmethod(asyncio.timeout)

    Asyncio.sleep = staticmethod(sleep)
    monkeypatch.setattr(delivery, "asyncio", Asyncio)
    monkeypatch.setattr(delivery.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(delivery.random, "random", lambda: 1.0)
    return slept


@pytest.mark.parametrize("status", [200, 204, 301, 400, 404, 500, 501])
def test_a_status_is_returned_and_the_message_is_handed_on_once(status):
    spaceone = SpaceOne(status)
    assert spaceone.forward("내용".encode()) == status
    (request,) = spaceone.requests
    assert (request.method, str(request.url), request.content) == ("POST", URL, "내용".encode())
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_again(pauses, status):
    spaceone = SpaceOne(status, status)
    assert spaceone.forward() == 200
    assert len(spaceone.requests) == 3


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
def test_a_connection_that_was_never_made_is_tried_again(pauses, error):
    spaceone = SpaceOne(error)
    assert spaceone.forward() == 200
    assert len(spaceone.requests) == 2


@pytest.mark.parametrize(
    "error", [httpx.ReadError("x"), httpx.WriteError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x")]
)
def test_after_a_broken_connection_there_is_no_further_try(error):
    spaceone = SpaceOne(error)
    assert spaceone.forward() == 500
    assert len(spaceone.requests) == 1


def test_the_pauses_double_until_4_seconds_would_be_over(pauses):
    spaceone = SpaceOne(*[503] * 100)
    assert spaceone.forward() == 503
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])
    assert len(spaceone.requests) == 6


def test_without_a_connection_in_all_that_time_the_status_is_503(pauses):
    assert SpaceOne(*[httpx.ConnectError("x")] * 100).forward() == 503


def test_a_pause_is_cut_by_chance_to_no_less_than_half(pauses, monkeypatch):
    monkeypatch.setattr(delivery.random, "random", lambda: 0.0)
    SpaceOne(*[503] * 3).forward()
    assert pauses == pytest.approx([0.05, 0.1, 0.2])


def test_a_further_try_has_a_fifth_of_a_second_at_least(pauses, monkeypatch):
    monkeypatch.setattr(delivery, "FORWARD_DEADLINE", 0.31)
    assert SpaceOne(503).forward() == 200
    assert len(pauses) == 1
    monkeypatch.setattr(delivery, "FORWARD_DEADLINE", 0.29)
    assert SpaceOne(503).forward() == 503
    assert len(pauses) == 1


def test_an_answer_that_takes_too_long_is_broken_within_the_budget(monkeypatch):
    monkeypatch.setattr(delivery, "FORWARD_DEADLINE", 0.3)
    spaceone = SpaceOne(10.0)
    begun = time.monotonic()
    assert spaceone.forward() == 500
    assert 0.2 < time.monotonic() - begun < 1
    assert len(spaceone.requests) == 1


class Body(httpx.AsyncByteStream):
    """Pieces that follow a status, and then perhaps a pause or an error."""

    def __init__(self, pieces, pause=0.0, error=None):
        self.pieces, self.pause, self.error, self.read = pieces, pause, error, 0

    async def __aiter__(self):
        for _ in range(self.pieces):
            self.read += 1
            yield b"x" * 1024
        await asyncio.sleep(self.pause)
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    "body", [Body(1_000_000), Body(1, pause=20), Body(1, error=httpx.ReadError("x"))], ids=["endless", "slow", "broken"]
)
@pytest.mark.parametrize("status", [200, 404])
def test_the_status_decides_whatever_follows_it(monkeypatch, body, status):
    monkeypatch.setattr(delivery, "BODY_SECONDS", 0.1)
    body.read = 0

    async def forward():
        transport = httpx.MockTransport(lambda _: httpx.Response(status, stream=body))
        async with Forwarder(URL, TLS, transport) as forwarder:
            return await forwarder.forward(b"{}")

    begun = time.monotonic()
    assert asyncio.run(forward()) == status
    assert time.monotonic() - begun < 1
    assert body.read <= 65


def test_a_later_try_has_only_the_time_that_is_left(monkeypatch):
    monkeypatch.setattr(delivery, "FORWARD_DEADLINE", 0.6)
    spaceone = SpaceOne(503, 10.0)
    begun = time.monotonic()
    assert spaceone.forward() == 500
    assert 0.5 < time.monotonic() - begun < 0.9
    assert len(spaceone.requests) == 2


def test_each_request_has_its_limits_to_connect_and_to_wait():
    spaceone = SpaceOne(200)
    spaceone.forward()
    assert spaceone.requests[0].extensions["timeout"] == {"connect": 1.5, "read": 4.0, "write": 4.0, "pool": 2.0}


def test_the_number_of_connections_is_bounded_and_tls_is_the_one_given():
    """Looked up in httpx's own transport, since no request shows it."""
    pool = Forwarder(URL, TLS)._client._transport._pool
    assert (pool._max_connections, pool._max_keepalive_connections) == (20, 10)
    assert pool._ssl_context is TLS


@pytest.mark.parametrize(
    "url",
    [
        "https://1.2.3.999/x",
        "https://xn--private-/x",
        "https://private..example/x",
        f"https://{'p' * 70}/x",
        "http://h/" + "x" * 70000,
    ],
)
def test_a_url_that_cannot_be_called_is_refused_at_the_start(url):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        Forwarder(url, TLS)
    assert caught.value.name == "SPACEONE_WEBHOOK_URL"
    assert "private" not in caught.value.message


@pytest.mark.parametrize("url", ["https://[::1]:8443/x", "http://localhost:8080/x?y=z", "https://spaceone_rest.example./x"])
def test_other_urls_can_be_called(url):
    Forwarder(url, TLS)
