"""Oracle's Monitoring and Notifications on a loopback HTTP server, as far as bin/oci-connect asks.

It checks the SDK's request signature with the public half of the key, and each body against the field names of the SDK's
own models. A new subscription is asked to be confirmed by a real POST to its endpoint; once its link was opened at the
stand-in for ONS, published messages are POSTed to it.
"""

from __future__ import annotations

import base64
import email.utils
import hashlib
import itertools
import json
import re
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from standin.oracle import CONFIRMATION_URL

TIME = "2026-03-02T09:15:00.000Z"
MODELS = {
    ("POST", "/topics"): "CreateTopicDetails",
    ("POST", "/subscriptions"): "CreateSubscriptionDetails",
    ("POST", "/alarms"): "CreateAlarmDetails",
    ("PUT", "/alarms"): "UpdateAlarmDetails",
    ("POST", "/messages"): "MessageDetails",
}


class FakeOci(ThreadingHTTPServer):
    """What it holds is in `topics`, `subscriptions` and `alarms`; `failures` are statuses to answer first."""

    daemon_threads = True

    def __init__(self, public_key: Any, models: dict[str, list[str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.public_key, self.models = public_key, models
        self.topics: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.alarms: dict[str, dict[str, Any]] = {}
        self.failures: list[tuple[int, str]] = []
        self.asked: list[str] = []
        self.asks_to_confirm = True
        self.delay = 0.0  # seconds before each answer
        self.numbers = itertools.count(1)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def opened(self, path: str) -> None:
        """A link was opened at ONS: the subscription it names is active."""
        if found := re.match(r"/20181201/subscriptions/([^/]+)/confirmation\?token=", path):
            self.subscriptions[found[1]]["lifecycleState"] = "ACTIVE"

    def deliver(self, endpoint: str, body: dict[str, Any] | str) -> None:
        """POST to a subscription's endpoint as ONS does."""
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        request = urllib.request.Request(endpoint, data, {"Content-Type": "application/json"}, method="POST")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30):
            pass


class _Handler(BaseHTTPRequestHandler):
    server: FakeOci
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_DELETE = do_GET

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        time.sleep(self.server.delay)
        headers: dict[str, str] = {}
        if self.server.failures:
            status, code = self.server.failures.pop(0)
            answer: Any = {"code": code, "message": "what OCI says, which nobody is shown"}
        elif why := self._unsigned(body):
            status, answer = 401, {"code": "NotAuthenticated", "message": why}
        else:
            status, answer, headers = self._served(json.loads(body) if body else {})
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "opc-request-id": "test", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _unsigned(self, body: bytes) -> str:
        """Verify the request's signature: https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm"""
        parts = dict(re.findall(r'(\w+)="([^"]*)"', self.headers.get("Authorization", "")))
        names = parts.get("headers", "").split()
        needed = {"date", "(request-target)", "host"} | (
            {"x-content-sha256", "content-length", "content-type"} if body else set()
        )
        if not needed <= set(names):
            return f"unsigned: {needed - set(names)}"
        if body and self.headers["x-content-sha256"] != base64.b64encode(hashlib.sha256(body).digest()).decode():
            return "the body is another"
        if not email.utils.parsedate(self.headers["date"]):
            return "no date"
        target = f"{self.command.lower()} {self.path}"
        text = "\n".join(f"{name}: {target if name == '(request-target)' else self.headers[name]}" for name in names)
        try:
            self.server.public_key.verify(
                base64.b64decode(parts["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError, KeyError) as e:
            return type(e).__name__
        return ""

    def _served(self, body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        version, kind, *rest = parts.path.strip("/").split("/")
        if version != ("20180401" if kind == "alarms" else "20181201"):
            return 404, {"code": "NotFound", "message": "no such version"}, {}
        model = MODELS.get((self.command, "/" + (rest[-1] if rest[1:] else kind)))
        if model and (wrong := body.keys() - set(self.server.models[model])):
            return 400, {"code": "InvalidParameter", "message": f"{model} has no {wrong}"}, {}
        return getattr(self, f"_{kind}")(body, query, rest)

    def _topics(self, body: Any, query: dict[str, str], rest: list[str]) -> tuple[int, Any, dict[str, str]]:
        topics = self.server.topics
        if rest[1:] == ["messages"]:
            for each in list(self.server.subscriptions.values()):
                if each["topicId"] == rest[0] and each["lifecycleState"] == "ACTIVE":
                    self.server.deliver(each["endpoint"], body["body"])
            return 202, {"messageId": "m", "timeStamp": TIME}, {}
        if self.command == "POST":
            if any(each["name"] == body["name"] for each in topics.values()):
                return 409, {"code": "TopicAlreadyExists", "message": "twice"}, {}
            return self._made(topics, "onstopic", "topicId", body)
        found = [each for each in topics.values() if query.get("name") in (None, each["name"])]
        return self._stored(topics, found, query, rest)

    def _subscriptions(self, body: Any, query: dict[str, str], rest: list[str]) -> tuple[int, Any, dict[str, str]]:
        subscriptions = self.server.subscriptions
        if self.command == "POST":
            assert body["protocol"] == "CUSTOM_HTTPS"
            status, made, headers = self._made(
                subscriptions, "onssubscription", "id", body, lifecycleState="PENDING", createdTime=1
            )
            url = re.sub(r"ocid1\.onssubscription[^/]+", made["id"], CONFIRMATION_URL)
            if self.server.asks_to_confirm:
                threading.Thread(target=self.server.deliver, args=(body["endpoint"], {"ConfirmationURL": url})).start()
            return status, made, headers
        found = [each for each in subscriptions.values() if query.get("topicId") in (None, each["topicId"])]
        return self._stored(subscriptions, found, query, rest)

    def _alarms(self, body: Any, query: dict[str, str], rest: list[str]) -> tuple[int, Any, dict[str, str]]:
        alarms = self.server.alarms
        if rest == ["status"]:
            states = [
                {
                    "id": each["id"],
                    "displayName": each["displayName"],
                    "severity": each["severity"],
                    "status": "OK",
                    "timestampTriggered": TIME,
                }
                for each in alarms.values()
            ]
            return 200, states, {}
        if self.command == "POST":
            assert {
                "displayName",
                "compartmentId",
                "metricCompartmentId",
                "namespace",
                "query",
                "severity",
                "destinations",
            } <= body.keys()
            assert body["repeatNotificationDuration"] == "PT5M" and body["messageFormat"] == "RAW"
            return self._made(alarms, "alarm", "id", body)
        if self.command == "PUT":
            alarms[rest[0]].update(body)
            return 200, alarms[rest[0]], {}
        return self._stored(alarms, list(alarms.values()), query, rest)

    def _made(self, store: Any, kind: str, id_name: str, body: Any, **more: Any) -> tuple[int, Any, dict[str, str]]:
        ocid = f"ocid1.{kind}.oc1.phx.made{next(self.server.numbers)}"
        store[ocid] = {id_name: ocid, "lifecycleState": "ACTIVE", "timeCreated": TIME, "etag": "1", **body, **more}
        if kind == "onstopic":
            store[ocid] |= {"apiEndpoint": "x", "shortTopicId": "y"}
        return 200 if kind == "alarm" else 201, store[ocid], {}

    def _stored(self, store: Any, found: list[Any], query: dict[str, str], rest: list[str]) -> tuple[int, Any, dict[str, str]]:
        if rest and rest[0] not in store:
            return 404, {"code": "NotAuthorizedOrNotFound", "message": "hidden"}, {}
        if self.command == "DELETE":
            del store[rest[0]]
            return 204, None, {}
        if rest:
            return 200, store[rest[0]], {}
        page = int(query.get("page", 0))  # one a page, so that paging is seen
        return 200, found[page : page + 1], {"opc-next-page": str(page + 1)} if found[page + 1 :] else {}

    def log_message(self, *_: object) -> None:
        pass
