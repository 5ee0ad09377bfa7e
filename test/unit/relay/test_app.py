"""The relay's web application, called over ASGI. SpaceONE is httpx.MockTransport; Oracle writes down what it was asked for."""

import asyncio
import errno
import json
import logging
import ssl
import time

import httpx
import pytest

from corpus.cases import Oracle, Plugin
from corpus.signing import flat
from plugin import version
from plugin.error import ERROR_UNCONFIRMED
from plugin.observe.metrics import REGISTRY
from plugin.relay import app as relay_app
from plugin.relay import request as relay_request
from plugin.relay.app import Relay
from plugin.relay.delivery import Forwarder
from plugin.setting.relay import BODY, ENVELOPE, RelaySettings
from standin.oracle import CONFIRMATION_URL

URL = "https://spaceone.example.com/SECRETkey/events"
TLS = ssl.create_default_context()
TOPIC = "ocid1.onstopic.oc1.ap-seoul-1.mine"
JSON = {"Content-Type": "application/json"}
CONFIRMATION = {"ConfirmationURL": CONFIRMATION_URL}


class FailingOracle(Oracle):
    async def confirm(self, url, owner=""):
        raise ERROR_UNCONFIRMED(reason="why")


class Run:
    """The relay between a stand-in of Oracle and one of SpaceONE."""

    def __init__(self, *, format_=ENVELOPE, users=None, oracle=None, **options):
        self.oracle, self.taken, self.status, self.seconds, self.error = oracle or Oracle(), [], 200, 0.0, None
        self.settings = RelaySettings(URL, format_, users or {}, TLS)
        self.subscriptions = Plugin(oracle=self.oracle, **options).subscriptions

    async def spaceone(self, request):
        await asyncio.sleep(self.seconds)
        self.taken.append(request.content)
        if self.error:
            raise self.error
        return httpx.Response(self.status, stream=httpx.ByteStream(b""))

    def requests(self, *requests):
        """Return the replies to requests that are made at once."""

        async def run():
            async with Forwarder(URL, TLS, httpx.MockTransport(self.spaceone)) as forwarder:
                self.relay = Relay(self.settings, self.subscriptions, forwarder)
                transport = httpx.ASGITransport(app=self.relay.app())
                async with httpx.AsyncClient(transport=transport, base_url="http://relay") as client:
                    return await asyncio.gather(*(client.request(*request[:2], **request[2]) for request in requests))

        return asyncio.run(run())

    def post(self, content, headers=JSON):
        content = content if isinstance(content, (str, bytes)) or hasattr(content, "__aiter__") else json.dumps(content)
        (reply,) = self.requests(("POST", "/webhook/oci", {"content": content, "headers": headers}))
        return reply


def answered(reply):
    return reply.status_code, reply.json()


def counted(answer):
    return REGISTRY.get_sample_value("ons_relay_answers_total", {"answer": answer})


@pytest.mark.parametrize(
    ("headers", "content", "reason"),
    [
        ({}, "{}", "Invalid content type"),
        ({"Content-Type": "text/html"}, "{}", "Invalid content type"),
        (JSON, b"\xff\xfe{}", "Body is not UTF-8 text"),
        (JSON, "plain", "Body is not JSON"),
        (JSON, "[" * 100_000, "Body is not JSON"),
        (JSON, json.dumps({"type": "Greeting", "topicId": TOPIC}), "Unknown message type"),
        ([*JSON.items(), ("X-OCI-NS-TopicOcid", "a"), ("x-oci-ns-topicocid", "b")], "{}", "Ambiguous headers"),
    ],
)
def test_what_no_spaceone_could_read_is_refused_by_name(headers, content, reason):
    run = Run()
    assert answered(run.post(content, headers)) == (400, {"error": reason})
    assert run.taken == []


def test_a_body_over_256_kib_is_read_to_its_end_and_refused_but_not_for_ever():
    """An answer before the end of a request can be lost: the connection is closed with what is still on the way."""
    run, sent = Run(format_=BODY), []

    async def body(pieces):
        for _ in range(pieces):
            sent.append(1)
            yield b"x" * 65536

    assert answered(run.post(body(5))) == (413, {"error": "Body too large"})
    assert len(sent) == 5
    assert run.post(body(100)).status_code == 413
    assert len(sent) < 30 and run.taken == []


def test_the_envelope_holds_the_text_to_the_letter_and_only_headers_of_ons():
    run, text = Run(), '{"b": 1.0,  "a": "🔥"}'
    assert answered(run.post(text, JSON | {"X-OCI-NS-TopicOcid": TOPIC, "X-Other": "x"})) == (200, {"status": "processed"})
    assert json.loads(run.taken[0]) == {"headers": {"x-oci-ns-topicocid": TOPIC}, "text": text}


def test_the_body_alone_is_forwarded_to_the_letter_where_that_is_set():
    run = Run(format_=BODY)
    run.post('{"b": 1.0,  "a": "🔥"}')
    assert run.taken == ['{"b": 1.0,  "a": "🔥"}'.encode()]


@pytest.mark.parametrize("text", ["{}", "[]", "7", '{"foreign": 1}', '{"type": "Notification", "message": 7}'])
def test_what_the_plugin_would_refuse_is_forwarded_for_a_person_to_see(text):
    run = Run()
    assert run.post(text).status_code == 200
    assert json.loads(run.taken[0])["text"] == text


@pytest.mark.parametrize(
    ("content", "headers"),
    [(CONFIRMATION, JSON), ("plain", {"Content-Type": "text/plain", "X-OCI-NS-ConfirmationURL": CONFIRMATION_URL})],
)
def test_a_confirmation_is_confirmed_by_the_relay_itself(content, headers):
    run = Run()
    assert answered(run.post(content, headers)) == (200, {"status": "confirmed"})
    assert (run.oracle.confirmed, run.taken) == ([CONFIRMATION_URL], [])


def test_what_a_notification_carries_confirms_nothing():
    run = Run()
    run.post(CONFIRMATION, JSON | {"X-OCI-NS-MessageType": "Notification"})
    run.post(flat(message=json.dumps(CONFIRMATION)))
    assert run.oracle.confirmed == [] and len(run.taken) == 2


def test_a_confirmation_that_oracle_does_not_take_is_503_so_that_ons_tries_again():
    reply = Run(oracle=FailingOracle()).post(CONFIRMATION)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "60")
    assert "not confirmed: why" in reply.json()["error"]


@pytest.mark.parametrize(
    ("options", "content", "said"),
    [
        ({"confirm": False}, CONFIRMATION, "option confirm is false"),
        ({"topics": (TOPIC,)}, CONFIRMATION, "names no topic"),
        ({}, {"ConfirmationURL": "https://evil.example.com/x"}, "not one of Oracle's"),
        ({}, {"ConfirmationURL": 7}, "ConfirmationURL"),
    ],
)
def test_a_confirmation_that_is_refused_is_400_and_opens_nothing(options, content, said):
    run = Run(**options)
    reply = run.post(content)
    assert reply.status_code == 400 and said in reply.json()["error"]
    assert (run.oracle.confirmed, run.taken) == ([], [])


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, 200), (204, 200), (301, 502), (400, 502), (403, 502), (404, 502), (500, 503), (501, 503)],
)
def test_only_what_spaceone_took_is_acknowledged(status, answer):
    run = Run()
    run.status = status
    assert run.post({"title": "x"}).status_code == answer


def test_a_delivery_is_answered_within_its_deadline(monkeypatch):
    assert relay_app.RELAY_DEADLINE == 4.4
    monkeypatch.setattr(relay_app, "RELAY_DEADLINE", 0.2)
    run, begun = Run(), time.monotonic()
    run.seconds = 30
    assert answered(run.post({"title": "x"})) == (503, {"error": "Not in time"})
    assert time.monotonic() - begun < 3


def test_the_bytes_in_flight_are_bounded_and_later_deliveries_pass(monkeypatch):
    assert relay_request.MAX_BYTES_IN_FLIGHT == 32 * 1024 * 1024
    monkeypatch.setattr(relay_request, "MAX_BYTES_IN_FLIGHT", 35_000)
    run = Run(format_=BODY)
    run.seconds = 0.2
    delivery = ("POST", "/webhook/oci", {"content": json.dumps({"title": "x" * 9_900}), "headers": JSON})
    replies = run.requests(*[delivery] * 5)
    assert sorted(reply.status_code for reply in replies) == [200, 200, 200, 503, 503]
    assert run.relay._bodies._in_flight == 0
    assert run.requests(delivery)[0].status_code == 200


def test_of_who_may_not_deliver_no_byte_is_held(monkeypatch):
    monkeypatch.setattr(relay_request, "MAX_BYTES_IN_FLIGHT", 10)
    assert Run(users={"ons": b"x" * 32}).post({"title": "x" * 1000}).status_code == 401
    assert Run().post({"title": "x" * 1000}).status_code == 503


@pytest.mark.parametrize("error", [KeyError("SECRET"), OSError(errno.EMFILE, "SECRET")])
def test_an_unexpected_error_is_503_and_logged_once_a_minute_with_its_number(caplog, error):
    run, before = Run(), counted("defect")
    run.error = error
    replies = run.requests(*[("POST", "/webhook/oci", {"content": "{}", "headers": JSON})] * 3)
    assert [answered(reply) for reply in replies] == [(503, {"error": "The relay failed"})] * 3
    assert counted("defect") == before + 3
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage().startswith(f"defect: {type(error).__name__}") and record.fields == {"count": 1}
    assert "SECRET" not in caplog.text
    run.relay._defects._quiet_until = 0.0
    run.relay._defects.add(error)
    assert caplog.records[-1].fields == {"count": 3}


def test_each_delivery_is_counted_and_logged_by_its_answer(caplog):
    before = counted("taken"), counted("refused")
    with caplog.at_level(logging.INFO, "plugin.relay"):
        Run().post({"title": "x"})
        Run().post("{}", {})
    assert (counted("taken"), counted("refused")) == (before[0] + 1, before[1] + 1)
    assert [record.fields for record in caplog.records] == [
        {"status": 200, "client": "127.0.0.1"},
        {"status": 400, "client": "127.0.0.1"},
    ]


def test_health_tells_status_and_version():
    (reply,) = Run().requests(("GET", "/health", {}))
    assert reply.status_code == 200
    assert (reply.json()["status"], reply.json()["version"]) == ("healthy", version())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/webhook/oci", 405), ("POST", "/webhook/oci/", 404), ("POST", "/health", 405), ("GET", "/metrics", 404)],
)
def test_other_paths_and_methods_are_not_served(method, path, status):
    assert Run().requests((method, path, {}))[0].status_code == status
