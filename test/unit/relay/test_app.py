"""The relay's web application, called over ASGI. SpaceONE is httpx.MockTransport; Oracle writes down what it was asked for."""

import base64
import errno
import json
import logging
import ssl
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial

import anyio
import bcrypt
import httpx
import pytest

from corpus.signing import flat
from plugin.connector.local_memory import LocalMemory
from plugin.error import ERROR_ENVIRONMENT, ERROR_UNCONFIRMED
from plugin.manager.event_manager import EventManager
from plugin.observe.metrics import REGISTRY
from plugin.relay import __main__ as main
from plugin.relay import app as relay_app
from plugin.relay import connection
from plugin.relay.app import Relay
from plugin.relay.checks import Busy
from plugin.relay.connection import CONNECTION, BoundedProtocol
from plugin.relay.delivery import Forwarder
from plugin.setting.build import version
from plugin.setting.option import Options
from plugin.setting.relay import BODY, ENVELOPE, RelaySettings
from standin.oracle import CONFIRMATION_URL

URL = "https://spaceone.example.com/SECRETkey/events"
TLS = ssl.create_default_context()
TOPIC = "ocid1.onstopic.oc1.ap-seoul-1.mine"
JSON = {"Content-Type": "application/json"}
CONFIRMATION = {"ConfirmationURL": CONFIRMATION_URL}
RIGHT = "Basic " + base64.b64encode(b"ons:pass:word").decode()


class Oracle:
    def __init__(self):
        self.confirmed, self.error, self.seconds = [], None, 0.0

    def confirm(self, url):
        self.confirmed.append(url)
        time.sleep(self.seconds)
        if self.error:
            raise self.error


class Run:
    """The relay between a stand-in of Oracle and one of SpaceONE."""

    def __init__(self, *, handing_on=ENVELOPE, users=None, **options):
        self.oracle, self.taken, self.status, self.seconds, self.error = Oracle(), [], 200, 0.0, None
        self.manager = EventManager(Options(**options), LocalMemory(), self.oracle)
        self.settings = RelaySettings(URL, handing_on, users or {}, TLS)

    async def go_on(self):
        """Wait for nothing, unless a test replaces it."""

    def app(self):
        self.forwarder = Forwarder(URL, TLS, httpx.MockTransport(self.spaceone))
        self.relay = Relay(self.settings, self.manager, self.forwarder)
        return self.relay.app()

    async def spaceone(self, request):
        await self.go_on()
        await anyio.sleep(self.seconds)
        self.taken.append(request.content)
        if self.error:
            raise self.error
        return httpx.Response(self.status, stream=httpx.ByteStream(b""))

    @asynccontextmanager
    async def client(self):
        app = self.app()
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://relay") as client,
        ):
            yield client

    def request(self, method, path, **more):
        async def ask():
            async with self.client() as client:
                return await client.request(method, path, **more)

        return anyio.run(ask)

    def post(self, content, headers=JSON, **more):
        content = content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content))
        return self.request("POST", "/webhook/oci", content=content, headers={**headers, **more})


def answered(reply):
    return reply.status_code, reply.json()


def counted(answer):
    return REGISTRY.get_sample_value("ons_relay_answers_total", {"answer": answer})


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json; charset=utf-8", "text/plain;charset=UTF-8", " text/plain ;x"],
)
def test_json_and_plain_text_are_taken(content_type):
    run = Run()
    assert answered(run.post("plain", {"Content-Type": content_type})) == (200, {"status": "processed"})
    assert len(run.taken) == 1


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/html"}, {"Content-Type": "application/jsonp"}])
def test_another_content_type_is_refused(headers):
    run = Run()
    assert answered(run.post("{}", headers)) == (400, {"error": "Invalid content type"})
    assert run.taken == []


def test_a_body_that_is_no_utf_8_is_refused():
    run = Run()
    assert answered(run.post(b"\xff\xfe{}")) == (400, {"error": "Body is not UTF-8 text"})
    assert run.taken == []


def test_a_body_over_256_kib_is_read_to_its_end_and_refused_but_not_for_ever():
    """An answer before the end of a request can be lost: the connection is closed with what is still on the way."""
    run, sent = Run(handing_on=BODY), []

    async def body(pieces):
        for _ in range(pieces):
            sent.append(1)
            yield b"x" * 65536

    async def stream(pieces):
        sent.clear()
        async with run.client() as client:
            return await client.post("/webhook/oci", content=body(pieces), headers=JSON)

    assert answered(run.post(b"x" * (262144 + 1))) == (413, {"error": "Body too large"})
    assert answered(anyio.run(stream, 10)) == (413, {"error": "Body too large"})
    assert len(sent) == 10
    assert answered(anyio.run(stream, 1000)) == (413, {"error": "Body too large"})
    assert len(sent) == 17
    assert run.taken == []
    assert run.post(b"x" * 262144).status_code == 200
    assert run.taken == [b"x" * 262144]


def test_a_body_that_is_cut_off_is_not_handed_on():
    """The ASGI server is played by hand: it tells that the client has gone."""
    run, sent = Run(), []
    scope = {"type": "http", "method": "POST", "path": "/webhook/oci", "headers": [(b"content-type", b"text/plain")]}
    pieces = iter([{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(pieces)

    async def send(message):
        sent.append(message)

    anyio.run(run.app(), {**scope, "query_string": b""}, receive, send)
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"]) == {"error": "Cut off"}
    assert run.taken == []


def test_without_users_anybody_may_deliver():
    assert Run().post("x").status_code == 200


def test_with_users_a_delivery_needs_the_right_password():
    users = {"ons": bcrypt.hashpw(b"pass:word", bcrypt.gensalt(4))}
    run = Run(users=users)
    before = counted("unauthorized")
    for headers in ({}, {"Authorization": "Basic " + base64.b64encode(b"ons:wrong").decode()}):
        reply = run.post("x", **headers)
        assert answered(reply) == (401, {"error": "Unauthorized"})
        assert reply.headers["WWW-Authenticate"] == 'Basic realm="plugin-oci-ons-mon-webhook", charset="UTF-8"'
    assert run.taken == []
    assert counted("unauthorized") == before + 2
    reply = run.post("x", Authorization=RIGHT)
    assert (reply.status_code, "WWW-Authenticate" in reply.headers) == (200, False)
    assert run.request("GET", "/health").status_code == 200


def test_an_envelope_of_an_unknown_type_is_refused():
    run = Run()
    assert answered(run.post(flat(type="Greeting"))) == (400, {"error": "Unknown message type"})
    assert run.taken == []
    assert run.post(flat()).status_code == 200


def test_the_envelope_holds_the_text_to_the_letter_and_only_headers_of_ons():
    run = Run()
    text = '{"title":  "two spaces", "n": 7.0, "한글": "🔥"}'
    assert run.post(text, **{"X-OCI-NS-TopicOcid": TOPIC, "X-Other": "x", "X-OCI-N": "y"}).status_code == 200
    assert run.taken == [json.dumps({"headers": {"x-oci-ns-topicocid": TOPIC}, "text": text}).encode()]


def test_the_body_alone_is_handed_on_to_the_letter_where_that_is_set():
    run = Run(handing_on=BODY)
    text = '{"title":  "two spaces", "한글": "🔥"}'
    assert run.post(text, **{"X-OCI-NS-TopicOcid": TOPIC}).status_code == 200
    assert run.taken == [text.encode()]


@pytest.mark.parametrize("text", ["", "{", '{"foreign": 1}', '{"type": "Notification"}'])
def test_what_the_plugin_would_refuse_is_handed_on_for_a_person_to_see(text):
    run = Run(handing_on=BODY)
    assert run.post(text).status_code == 200
    assert run.taken == [text.encode()]


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (CONFIRMATION, {}),
        (CONFIRMATION, {"X-OCI-NS-MessageType": "SubscriptionConfirmation"}),
        ({"type": "SubscriptionConfirmation", "confirmationUrl": CONFIRMATION_URL, "messageId": "m"}, {}),
        ("no <JSON>", {"X-OCI-NS-ConfirmationURL": CONFIRMATION_URL}),
        ("", {"x-oci-ns-confirmationurl": CONFIRMATION_URL}),
    ],
)
def test_a_confirmation_is_confirmed_by_the_relay_itself(content, headers):
    run = Run()
    assert answered(run.post(content, **headers)) == (200, {"status": "confirmed"})
    assert run.oracle.confirmed == [CONFIRMATION_URL]
    assert run.taken == []


def test_what_a_notification_carries_confirms_nothing():
    run = Run()
    assert run.post(CONFIRMATION, **{"X-OCI-NS-MessageType": "Notification"}).status_code == 200
    assert run.oracle.confirmed == []
    assert len(run.taken) == 1


def test_a_confirmation_that_oracle_does_not_take_is_503_so_that_ons_tries_again():
    run = Run()
    run.oracle.error = ERROR_UNCONFIRMED(reason="why")
    reply = run.post(CONFIRMATION)
    assert answered(reply) == (503, {"error": ERROR_UNCONFIRMED(reason="why").message})
    assert reply.headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    ("options", "content", "said"),
    [
        ({"confirm": False}, CONFIRMATION, "switched off by the option confirm"),
        ({"topics": (TOPIC,)}, CONFIRMATION, "The topic is not trusted"),
        ({"signature": "require"}, CONFIRMATION, "The signature does not hold"),
        ({}, {"ConfirmationURL": CONFIRMATION_URL.replace("oraclecloud", "evil")}, "not one of Oracle's"),
        ({}, {"ConfirmationURL": 7}, "text expected"),
    ],
)
def test_a_confirmation_that_is_refused_is_400_and_opens_nothing(options, content, said):
    run = Run(**options)
    reply = run.post(content)
    assert reply.status_code == 400
    assert said in reply.json()["error"]
    assert run.oracle.confirmed == [] and run.taken == []


def test_topics_and_domains_of_the_environment_let_a_confirmation_pass():
    further = CONFIRMATION_URL.replace("oraclecloud.com", "oraclecloud77.com")
    run = Run(topics=(TOPIC,), extra_domains=("oraclecloud77.com",))
    assert run.post({"ConfirmationURL": further}, **{"X-OCI-NS-TopicOcid": TOPIC}).status_code == 200
    assert run.oracle.confirmed == [further]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, (200, {"status": "processed"})),
        (204, (200, {"status": "processed"})),
        (299, (200, {"status": "processed"})),
        (301, (502, {"error": "SpaceONE refused the message"})),
        (404, (502, {"error": "SpaceONE refused the message"})),
        (499, (502, {"error": "SpaceONE refused the message"})),
        (500, (503, {"error": "SpaceONE cannot be reached"})),
        (501, (503, {"error": "SpaceONE cannot be reached"})),
    ],
)
def test_only_what_spaceone_took_is_acknowledged(status, answer):
    run = Run()
    run.status = status
    reply = run.post("x")
    assert answered(reply) == answer
    assert reply.headers.get("Retry-After") == (None if answer[0] == 200 else "60")


def test_a_delivery_is_answered_within_its_deadline(monkeypatch):
    monkeypatch.setattr(relay_app, "DEADLINE", 0.2)
    run = Run()
    run.seconds = 3
    begun = time.monotonic()
    reply = run.post("x")
    assert answered(reply) == (503, {"error": "Not in time"})
    assert reply.headers["Retry-After"] == "60"
    assert time.monotonic() - begun < 1


def test_a_confirmation_is_left_at_the_deadline_though_its_thread_goes_on(monkeypatch):
    monkeypatch.setattr(relay_app, "DEADLINE", 0.2)
    run = Run()
    run.oracle.seconds = 1.0
    reply_after = []

    async def ask():
        async with run.client() as client:
            begun = time.monotonic()
            reply = await client.post("/webhook/oci", content=json.dumps(CONFIRMATION), headers=JSON)
            reply_after.append(time.monotonic() - begun)
            return reply

    assert answered(anyio.run(ask)) == (503, {"error": "Not in time"})
    assert reply_after[0] < 0.9


def test_the_deadline_leaves_time_within_the_5_seconds_of_ons():
    assert relay_app.DEADLINE == 4.4
    assert connection.EXCHANGE_SECONDS > 5


def test_above_200_in_flight_a_delivery_is_busy_at_once_and_later_ones_pass():
    run = Run()
    answers = []

    async def deliver(client):
        reply = await client.post("/webhook/oci", content="x", headers=JSON)
        answers.append(reply)

    async def all_at_once():
        busy = anyio.Event()
        run.go_on = busy.wait
        async with run.client() as client:
            async with anyio.create_task_group() as group:
                for _ in range(201):
                    group.start_soon(deliver, client)
                while not answers:
                    await anyio.sleep(0.01)
                busy.set()
            await deliver(client)

    anyio.run(all_at_once)
    assert answered(answers[0]) == (503, {"error": "Busy"})
    assert answers[0].headers["Retry-After"] == "60"
    assert answered(answers[-1]) == (200, {"status": "processed"})
    assert [reply.json() for reply in answers].count({"error": "Busy"}) == 1


def test_each_delivery_is_counted_and_logged_by_its_answer(caplog):
    run = Run()
    answers = {200: "taken", 400: "refused", 413: "too_large", 502: "refused_by_spaceone", 503: "unavailable"}
    before = {answer: counted(answer) for answer in answers.values()}
    with caplog.at_level(logging.INFO, "plugin"):
        run.post("SECRETtext")
        run.post("x", {})
        run.post("x" * 300_000)
        run.status = 404
        run.post("x")
        run.status = 500
        run.post("x")
    assert {answer: counted(answer) - before[answer] for answer in before} == dict.fromkeys(before, 1)
    records = [record for record in caplog.records if record.name.startswith("plugin")]
    assert [(record.getMessage(), record.fields) for record in records] == [
        ("delivery", {"status": status}) for status in answers
    ]
    assert "SECRET" not in "".join(record.getMessage() for record in records)


def test_health_tells_status_and_version():
    reply = Run().request("GET", "/health")
    content = reply.json()
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/json")
    assert (content["status"], content["version"]) == ("healthy", version())
    age = datetime.now(timezone.utc) - datetime.fromisoformat(content["timestamp"])
    assert abs(age.total_seconds()) < 60


def test_each_answer_is_counted_from_zero():
    answers = {
        sample.labels["answer"] for family in REGISTRY.collect() for sample in family.samples if "ons_relay" in sample.name
    }
    assert answers == {"taken", "refused", "unauthorized", "too_large", "refused_by_spaceone", "unavailable", "defect"}


@pytest.mark.parametrize(
    "error",
    [
        ValueError("SECRET"),
        UnicodeError("SECRET"),
        httpx.InvalidURL("SECRET"),
        OSError(errno.EMFILE, "SECRET"),
        RecursionError("SECRET"),
        KeyError("SECRET"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_nobody_foresaw_is_503_counted_and_logged_by_type_and_place(caplog, error):
    run = Run()
    run.error = error
    before = counted("defect"), counted("unavailable")
    with caplog.at_level(logging.INFO, "plugin"):
        reply = run.post("SECRET")
    assert answered(reply) == (503, {"error": "The relay failed"})
    assert reply.headers["Retry-After"] == "60"
    assert (counted("defect"), counted("unavailable")) == (before[0] + 1, before[1])
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage().startswith(f"defect: {type(error).__name__} ")
    assert f"at {__file__}:" in record.getMessage()
    assert "SECRET" not in caplog.text
    run.error = None
    assert run.post("x").status_code == 200


def test_health_asks_whether_the_event_loop_answers(monkeypatch):
    monkeypatch.setattr(relay_app, "PROBE_SECONDS", 0.2)
    run = Run()

    async def ask():
        async with run.client():
            healthy = [await anyio.to_thread.run_sync(lambda: run.relay.healthy)]
            probe = threading.Thread(target=lambda: healthy.append(run.relay.healthy))
            probe.start()
            time.sleep(0.5)
            probe.join()
            return healthy

    assert anyio.run(ask) == [True, False]
    assert run.relay.healthy is False


def test_a_wrong_password_is_compared_by_the_address_of_its_client(monkeypatch):
    """The address is the connection's own, whatever the delivery says of itself."""
    run, asked = Run(users={"ons": bcrypt.hashpw(b"pass:word", bcrypt.gensalt(4))}), []

    async def is_known(_, authorization, address):
        asked.append(address)
        return True

    monkeypatch.setattr(relay_app.Authenticator, "is_known", is_known)
    assert run.post("x", **{"X-Forwarded-For": "192.0.2.1"}).status_code == 200
    assert asked == ["127.0.0.1"]


def test_too_many_comparisons_are_503(monkeypatch):
    run = Run(users={"ons": bcrypt.hashpw(b"pass:word", bcrypt.gensalt(4))})

    async def is_known(*_):
        raise Busy

    monkeypatch.setattr(relay_app.Authenticator, "is_known", is_known)
    reply = run.post("x", Authorization=RIGHT)
    assert answered(reply) == (503, {"error": "Busy"})
    assert reply.headers["Retry-After"] == "60"
    assert run.taken == []


def test_a_delivery_whose_client_has_gone_waits_for_no_comparison(monkeypatch):
    """The ASGI server is played by hand: it tells that the client has gone."""
    run, ended = Run(users={"ons": bcrypt.hashpw(b"pass:word", bcrypt.gensalt(4))}), []

    async def is_known(*_):
        try:
            await anyio.sleep(10)
        finally:
            ended.append(1)

    monkeypatch.setattr(relay_app.Authenticator, "is_known", is_known)
    pieces = iter([{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}])

    async def receive():
        await anyio.sleep(0.01)
        return next(pieces)

    async def send(message):
        pass

    async def ask():
        scope = {"type": "http", "method": "POST", "path": "/webhook/oci", "headers": [], "query_string": b""}
        with anyio.fail_after(2):
            await run.app()(scope, receive, send)
        await anyio.sleep(0)

    anyio.run(ask)
    assert ended == [1]
    assert run.taken == []


def test_a_connection_is_kept_while_its_message_is_on_the_way_and_no_longer():
    class Connection:
        kept = False

    run, one, seen = Run(), Connection(), []

    async def go_on():
        seen.append(one.kept)

    run.go_on = go_on

    async def ask():
        app = run.app()

        async def with_connection(scope, receive, send):
            await app({**scope, "state": {CONNECTION: one}}, receive, send)

        transport = httpx.ASGITransport(with_connection)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://relay") as client:
            return await client.post("/webhook/oci", content="x", headers=JSON)

    assert anyio.run(ask).status_code == 200
    assert (seen, one.kept) == ([True], False)


def test_unfinished_bodies_take_no_place_of_whole_messages(monkeypatch):
    monkeypatch.setattr(relay_app, "MOST_IN_FLIGHT", 1)
    run = Run()

    async def body(begun, ended):
        yield b"x"
        begun.set()
        await ended.wait()

    async def ask():
        ended = anyio.Event()
        async with run.client() as client, anyio.create_task_group() as group:
            for _ in range(10):
                begun = anyio.Event()
                group.start_soon(partial(client.post, "/webhook/oci", content=body(begun, ended), headers=JSON))
                await begun.wait()
            reply = await client.post("/webhook/oci", content="x", headers=JSON)
            ended.set()
            return reply

    assert anyio.run(ask).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/webhook/oci", 405),
        ("POST", "/health", 405),
        ("GET", "/metrics", 404),
        ("POST", "/webhook/oci/", 404),
        ("POST", "/health/", 404),
    ],
)
def test_other_paths_and_methods_are_not_served(method, path, status):
    assert Run().request(method, path).status_code == status


def test_the_connections_to_spaceone_are_closed_with_the_application():
    run = Run()
    run.post("x")
    assert run.forwarder._client.is_closed


class Ended(Exception):
    """In place of the end of the process."""


class StatusServer:
    def __init__(self, port, healthy):
        self.port, self.healthy = port, healthy

    def start(self):
        pass


@pytest.fixture
def started(monkeypatch):
    """The relay's own start, with servers and the framework's logging replaced: none binds a port or changes a logger."""
    begun = []

    async def serve(self):
        begun.append(self)

    def end(status):
        raise Ended(status)

    monkeypatch.setattr(main.uvicorn.Server, "serve", serve)
    monkeypatch.setattr(main, "HttpServer", lambda *arguments: begun.append(StatusServer(*arguments)) or begun[-1])
    monkeypatch.setattr(main, "set_logger", lambda: begun.append("logger"))
    monkeypatch.setattr(main.signal, "signal", lambda *_: None)
    monkeypatch.setattr(main.os, "_exit", end)
    monkeypatch.setenv("SPACEONE_WEBHOOK_URL", URL)
    for variable in ("RELAY_PORT", "RELAY_STATUS_PORT", "RELAY_FORMAT", "RELAY_USERS", "RELAY_PROXIES", "ONS_TOPICS"):
        monkeypatch.delenv(variable, raising=False)
    return begun


def test_the_relay_starts_at_its_ports_with_its_bounds_and_ends_with_status_0(started, monkeypatch, caplog):
    monkeypatch.setenv("RELAY_PORT", "8443")
    with caplog.at_level(logging.INFO, "plugin"), pytest.raises(Ended) as ended:
        main.main()
    assert ended.value.args == (0,)
    status_server, logger, server = started
    assert (status_server.port, logger) == (8081, "logger")
    assert status_server.healthy() is False
    config = server.config
    assert [route.path for route in config.app.routes] == ["/webhook/oci", "/health"]
    assert (config.host, config.port, config.http) == ("", 8443, BoundedProtocol)
    assert (config.headers, config.h11_max_incomplete_event_size) == ([("Connection", "close")], 16384)
    assert (config.limit_concurrency, config.backlog, config.timeout_graceful_shutdown) == (1000, 128, 10)
    assert (config.access_log, config.server_header, config.proxy_headers) == (False, False, False)
    messages = [(record.getMessage(), record.levelname) for record in caplog.records if record.name == "plugin.relay"]
    assert messages == [("serving", "INFO"), ("anybody may deliver: RELAY_USERS is not set", "WARNING"), ("ended", "INFO")]
    (record,) = [record for record in caplog.records if record.getMessage() == "serving"]
    assert record.fields == {"port": 8443, "status_port": 8081, "version": version()}


def test_with_users_there_is_no_warning(started, monkeypatch, caplog):
    monkeypatch.setenv("RELAY_USERS", "ons:" + bcrypt.hashpw(b"x", bcrypt.gensalt(4)).decode())
    with pytest.raises(Ended):
        main.main()
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


@pytest.mark.parametrize(
    ("proxies", "peer", "client"),
    [
        ("", "198.51.100.7", "198.51.100.7"),
        ("203.0.113.1", "198.51.100.7", "198.51.100.7"),
        ("198.51.100.0/24", "198.51.100.7", "2001:db8:9::1"),
        ("2001:db8::/48", "2001:db8::7", "2001:db8:9::1"),
        ("2001:db8::/48", "2001:db9::7", "2001:db9::7"),
        ("198.51.100.0/24, 2001:db8:9::/48", "198.51.100.7", "203.0.113.9"),
    ],
)
def test_x_forwarded_for_is_believed_of_the_proxies_that_are_set(started, monkeypatch, proxies, peer, client):
    monkeypatch.setenv("RELAY_PROXIES", proxies)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own variable
    with pytest.raises(Ended):
        main.main()
    config, seen = started[-1].config, []

    async def app(scope, receive, send):
        seen.append(scope["client"][0])

    config.app = app
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.9, 2001:db8:9::1")]
    anyio.run(config.loaded_app, {"type": "http", "client": (peer, 1), "headers": headers}, None, None)
    assert seen == [client]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SPACEONE_WEBHOOK_URL", "private"),
        ("SPACEONE_WEBHOOK_URL", "https://xn--private-/x"),
        ("RELAY_USERS", "private"),
        ("RELAY_USERS", ","),
        ("RELAY_STATUS_PORT", "8080"),
        ("ONS_TOPICS", "private"),
    ],
)
def test_a_bad_setting_ends_the_start_with_one_line_and_status_2(started, monkeypatch, capsys, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == 2
    assert isinstance(caught.value.__context__, ERROR_ENVIRONMENT)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"plugin-oci-ons-mon-webhook relay: {caught.value.__context__.message}\n"
    assert variable in printed.err and "private" not in printed.err
    assert started == []


def test_a_status_port_that_is_taken_ends_the_start(started, monkeypatch, capsys):
    def taken(*_):
        raise OSError(errno.EADDRINUSE, "private")

    monkeypatch.setattr(main, "HttpServer", taken)
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == 2
    assert "RELAY_STATUS_PORT is refused: the port is taken" in capsys.readouterr().err


def test_a_port_that_is_taken_ends_the_start(started, monkeypatch, capsys):
    async def serve(self):
        raise SystemExit(3)  # as uvicorn does

    monkeypatch.setattr(main.uvicorn.Server, "serve", serve)
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == 2
    assert "RELAY_PORT is refused: the port is taken" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "value", "options"),
    [
        ("ONS_TOPICS", "ocid1.onstopic.oc1.iad.mine", {"topics": ("ocid1.onstopic.oc1.iad.mine",)}),
        ("ONS_CONFIRM", "false", {"confirm": False}),
        ("ONS_EXTRA_DOMAINS", "oraclecloud77.com", {"extra_domains": ("oraclecloud77.com",)}),
        ("ONS_SIGNATURE", "require", {"signature": "require"}),
    ],
)
def test_what_the_environment_sets_holds_for_the_relays_confirmations(started, monkeypatch, variable, value, options):
    managers = []

    def manager(defaults, *parts):
        managers.append(defaults)
        return EventManager(defaults, *parts)

    monkeypatch.setattr(main, "EventManager", manager)
    monkeypatch.setenv(variable, value)
    with pytest.raises(Ended):
        main.main()
    assert managers == [replace(Options(), **options)]
