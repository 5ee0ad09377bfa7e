"""The stand-in's HTTP server: signatures, the SDK's models, faults on demand, and deliveries."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standin.oci.services import SERVICES, Request
from standin.oci.signature import refusal
from standin.oci.values import COMPARTMENT, MODELS, Answer, Refused, Region, check_tags


class StandinOci(ThreadingHTTPServer):
    """What it holds is in `regions`, that of a request without a region in `topics`, `subscriptions`, `alarms`, `rules`.

    Faults: `failures` are answered first; `fail_change` and `lose_change` are the numbers of the change (from 1) that is
    refused, or done without an answer; `on_request` and `on_headers` are called before each request.
    """

    daemon_threads = True

    def __init__(self, public_key: Any, models: dict[str, dict[str, list[str]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.public_key, self.models = public_key, models
        self.regions: dict[str, Region] = {"": Region("")}
        self.children: dict[str, list[tuple[str, str, str]]] = {}  # compartment -> OCID, name and state of those below it
        self.hosts: dict[str, str] = {}  # host of an endpoint -> URL to deliver to instead
        self.delivered: list[tuple[str, Any]] = []
        self.failures: list[tuple[Any, ...]] = []  # status, code and perhaps message
        self.refuse: Callable[[str, str], tuple[Any, ...] | None] = lambda _method, _path: None
        self.fail_change = self.lose_change = 0
        self.on_request: Callable[[str, str], object] = lambda _method, _path: None
        self.on_headers: Callable[[Any], object] = lambda _headers: None
        self.asked: list[str] = []
        self.changes: list[str] = []
        self.asks_to_confirm, self.confirms_itself = True, False
        self.keeps: tuple[str, ...] = ()  # fields that null does not empty
        self.ignores: tuple[str, ...] = ()  # fields that a change leaves as they are
        self.delay, self.page_size, self.most_alarms = 0.0, 2, 50  # two a page, so that paging is seen
        self.listed_after = self.known_after = self.active_after = 0.0  # seconds: OCI's lists, GETs and topics are late
        self.max_retry_hours = 24.0  # of a subscription
        self.tokens: dict[str, Answer] = {}  # opc-retry-token -> what was answered
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __getattr__(self, name: str) -> Any:
        if name in ("topics", "subscriptions", "alarms", "rules", "events", "states", "streams"):
            return getattr(self.regions[""], name)
        raise AttributeError(name)

    def hold_alarm(self, name: str, *, region: str = "", compartment: str = COMPARTMENT, **fields: Any) -> dict[str, Any]:
        """Hold an alarm that somebody made before."""
        held = self.regions.setdefault(region, Region(region))
        known = {"displayName": name, "compartmentId": compartment, "metricCompartmentId": compartment, "isEnabled": True}
        known |= {"namespace": "oci_computeagent", "query": "CpuUtilization[1m].mean() > 80", "severity": "CRITICAL"}
        return held.put(held.alarms, "alarm", **{**known, "messageFormat": "RAW", "destinations": [], **fields})

    def hold_topic(self, name: str, **fields: Any) -> dict[str, Any]:
        """Hold a topic that somebody made before."""
        held = self.regions[""]
        made = held.put(held.topics, "onstopic", name=name, compartmentId=COMPARTMENT, apiEndpoint="x", **fields)
        made["topicId"] = made["id"]
        return made

    def opened(self, path: str) -> None:
        """A link was opened at ONS: the subscription it names is active."""
        if found := re.match(r"/20181201/subscriptions/([^/]+)/confirmation\?token=", path):
            for region in self.regions.values():
                if found[1] in region.subscriptions:
                    region.subscriptions[found[1]]["lifecycleState"] = "ACTIVE"

    def publish(self, region: Region, topic: str, body: str) -> None:
        """Deliver a message to the topic's active subscriptions."""
        for each in list(region.subscriptions.values()):
            if each["topicId"] == topic and each["lifecycleState"] == "ACTIVE":
                self.deliver(each["endpoint"], body)

    def deliver(self, endpoint: str, body: dict[str, Any] | str) -> None:
        """POST to a subscription's endpoint as ONS does; what it returns after itself confirming is kept in `delivered`."""
        self.delivered.append((endpoint, body))
        parts = urllib.parse.urlsplit(endpoint)
        if self.confirms_itself and isinstance(body, dict):
            self.opened(body["ConfirmationURL"].partition("oraclecloud.com")[2])
        if parts.hostname in self.hosts:
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            url = self.hosts[parts.hostname] + parts.path
            request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method="POST")
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30):
                pass


class _Handler(BaseHTTPRequestHandler):
    server: StandinOci
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece, else each answer waits for an acknowledgement

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.on_request(self.command, self.path)
        self.server.on_headers(self.headers)
        time.sleep(self.server.delay)
        answered: Answer | None
        try:
            if wrong := refusal(self.server.public_key, f"{self.command.lower()} {self.path}", self.headers, body):
                raise Refused(401, "NotAuthenticated", wrong)
            answered = self._faulty(json.loads(body or b"null"))
        except Refused as e:
            answered = e.status, {"code": e.code, "message": e.message}, {}
        if answered is None:  # done, and the answer is lost
            self.close_connection = True
            self.connection.close()
            return
        status, answer, headers = answered
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"opc-request-id": "REQUEST/1", **headers, "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_POST = do_PUT = do_DELETE = do_GET

    def _faulty(self, body: Any) -> Answer | None:
        server = self.server
        if server.failures:
            raise Refused(*server.failures.pop(0))
        if fault := server.refuse(self.command, self.path):
            raise Refused(*fault)
        if self.command == "GET" or "/actions/" in self.path:
            return self._dispatch(body)
        with server.lock:
            token = self.headers.get("opc-retry-token", "")
            if token and token in server.tokens:
                return server.tokens[token]
            number = len(server.changes) + 1
            if number == server.fail_change:
                server.fail_change = 0
                raise Refused(401, "NotAuthenticated", "in the middle")
            answer = self._dispatch(body)
            server.changes.append(f"{self.command} {self.path}")
            server.tokens[token] = answer
            if number == server.lose_change:
                server.lose_change = 0
                return None
            return answer

    def _dispatch(self, body: Any) -> Answer:
        parts = urllib.parse.urlsplit(self.path)
        words = parts.path.strip("/").split("/")
        region = "" if words[0].isdigit() else words.pop(0)
        version, kind, *rest = words
        service = SERVICES.get((version, kind))
        if not service:
            raise Refused(404, "NotFound", "no such version")
        self._check_model(rest[-1] if rest[1:] else kind, body)
        held = self.server.regions.setdefault(region, Region(region))
        query = dict(urllib.parse.parse_qsl(parts.query))
        return service(Request(self.server, held, self.command, rest, query, body, self.headers.get("if-match")))

    def _check_model(self, kind: str, body: Any) -> None:
        name = MODELS.get((self.command, kind))
        if not name:
            return
        model = self.server.models[name]
        if wrong := body.keys() - set(model["fields"]):
            raise Refused(400, "InvalidParameter", f"{name} has no {wrong}")
        if missing := [field for field in model["required"] if body.get(field) in (None, "", [])]:
            raise Refused(400, "MissingParameter", f"{name} needs {missing}")
        check_tags(body)

    def log_message(self, *_: object) -> None:
        pass
