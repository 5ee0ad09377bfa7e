"""A client of SpaceONE's monitoring API (gRPC) and of the webhook's URL.

Event.list of monitoring 2.0 does not filter by domain or workspace, so every call names the webhook, and answers are checked.
https://github.com/cloudforet-io/api/tree/master/proto/spaceone/api/monitoring/v1
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from spaceone.api.monitoring.v1 import (
    alert_pb2,
    alert_pb2_grpc,
    event_pb2,
    event_pb2_grpc,
    note_pb2,
    note_pb2_grpc,
    project_alert_config_pb2,
    project_alert_config_pb2_grpc,
    webhook_pb2,
    webhook_pb2_grpc,
)  # fmt: skip

from oci_connect.error import CommandError, UsageError
from oci_connect.reconcile.state import Alert, Event

TIMEOUT = 20.0  # seconds of a call
PAGE = 200
EVENTS_PER_ALERT = 5  # events of an alert
EVENT_PAGE = 50  # events of an alarm in a page
MAX_PAGES = 20  # of them
MAX_ANSWER_BYTES = 64 << 20  # of an answer: events hold whole messages
POST_TIMEOUT = 30
CODE = re.compile(r"ERROR_[A-Z_]+")
WHAT_TO_DO = {
    grpc.StatusCode.UNAUTHENTICATED: "the token is wrong or has expired: make a new one for the App, and set SPACEONE_TOKEN",
    grpc.StatusCode.PERMISSION_DENIED: "the App needs a role of the type workspace member with Alert, Event, Note and Webhook",
    grpc.StatusCode.NOT_FOUND: "the webhook does not exist, or belongs to a project that the App does not see",
    grpc.StatusCode.UNAVAILABLE: "SpaceONE cannot be reached: check SPACEONE_API_URL and the network",
    grpc.StatusCode.DEADLINE_EXCEEDED: "SpaceONE does not answer in time: run it again later",
}
PARTIAL = "SpaceONE listed {got} of {all} alerts: the answer is partial, so that nothing is concluded from it. Run it again."
NO_POST = "The webhook URL cannot be reached to post to: check SPACEONE_WEBHOOK_URL. Nothing else was done."
POST_REFUSED = "SpaceONE answered HTTP {status} to a message: look at the state of the webhook. Nothing else was done."


class SpaceOneError(CommandError):
    """SpaceONE refuses or does not answer; the text says what to do."""

    code: grpc.StatusCode | None = None


@dataclass(frozen=True)
class Webhook:
    """The webhook, without its access key."""

    id: str
    name: str
    state: str
    project: str
    domain: str
    version: str
    requests: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class SpaceOne:
    """A client of one webhook."""

    def __init__(self, api_url: str, token: str, webhook_url: str) -> None:
        self._url, self._metadata = webhook_url, (("token", token),)
        self.webhook_id = webhook_id_of(webhook_url)
        channel = _channel(api_url)
        self._alerts = alert_pb2_grpc.AlertStub(channel)
        self._events = event_pb2_grpc.EventStub(channel)
        self._notes = note_pb2_grpc.NoteStub(channel)
        self._webhooks = webhook_pb2_grpc.WebhookStub(channel)
        self._configs = project_alert_config_pb2_grpc.ProjectAlertConfigStub(channel)
        self._channel, self._domain = channel, ""

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def webhook(self) -> Webhook:
        """Return the webhook."""
        found = self._ask("read the webhook", self._webhooks.get, webhook_pb2.WebhookRequest(webhook_id=self.webhook_id))
        self._domain = str(found.get("domain_id") or "")
        plugin = found.get("plugin_info") or {}
        requests = {name: int(value) for name, value in (found.get("requests") or {}).items()}
        return Webhook(
            found["webhook_id"],
            found["name"],
            found["state"],
            found["project_id"],
            self._domain,
            str(plugin.get("version") or ""),
            requests,
            plugin.get("options") or {},
        )

    def recovery_mode(self, project: str) -> str:
        """Return AUTO or MANUAL."""
        return self._option(project, "recovery_mode", "MANUAL")

    def notification_urgency(self, project: str) -> str:
        """Return ALL or HIGH_ONLY."""
        return self._option(project, "notification_urgency", "ALL")

    def _option(self, project: str, name: str, default: str) -> str:
        request = project_alert_config_pb2.ProjectAlertConfigRequest(project_id=project)
        config = self._ask("read the alert configuration of the project", self._configs.get, request)
        return str((config.get("options") or {}).get(name) or default)

    def verify(self) -> str:
        """Let the plugin verify the webhook's options; return the error, or ""."""
        try:
            self._ask(
                "verify the webhook", self._webhooks.verify_plugin, webhook_pb2.WebhookRequest(webhook_id=self.webhook_id)
            )
        except SpaceOneError as e:
            return str(e)
        return ""

    def open_alerts(self) -> list[Alert]:
        """Return the open alerts of the webhook, each with its newest events."""
        return [self.with_events(alert) for alert in self._list_alerts("TRIGGERED", "ACKNOWLEDGED")]

    def error_alerts(self) -> list[Alert]:
        """Return the ERROR alerts of the webhook, the oldest first, each with its event."""
        return [self.with_events(alert) for alert in self._list_alerts("ERROR")]

    def error_ids(self) -> set[str]:
        """Return the ids of the ERROR alerts."""
        return {alert.id for alert in self._list_alerts("ERROR")}

    def alert(self, alert_id: str) -> Alert | None:
        """Return an alert of the domain with its newest events of this webhook, or None if it is gone."""
        try:
            found = self._ask("read an alert", self._alerts.get, alert_pb2.AlertRequest(alert_id=alert_id))
        except SpaceOneError as e:
            if e.code == grpc.StatusCode.NOT_FOUND:
                return None
            raise
        if found.get("domain_id") != self._domain:
            return None
        return replace(self.with_events(self._alert(found)), is_ours=self._is_ours(found))

    def with_events(self, alert: Alert) -> Alert:
        """Return an alert with its newest events."""
        events = self._list_events({"k": "alert_id", "v": alert.id, "o": "eq"}, EVENTS_PER_ALERT)
        return Alert(alert.id, alert.title, alert.state, alert.opened, alert.resolved, tuple(events))

    def events_of_alarm(self, alarm: str) -> Iterator[Event]:
        """Yield an alarm's events, the newest first, fetching pages on demand."""
        for page in range(MAX_PAGES):
            found = self._list_events(
                {"k": "additional_info.alarm_id", "v": alarm, "o": "eq"}, EVENT_PAGE, 1 + page * EVENT_PAGE
            )
            yield from found
            if len(found) < EVENT_PAGE:
                return

    def notes(self, alert_id: str) -> list[str]:
        """Return the notes on an alert."""
        request = ParseDict({"alert_id": alert_id, "query": {}}, note_pb2.NoteQuery())
        found = self._ask("list the notes of an alert", self._notes.list, request)
        return [str(each.get("note") or "") for each in found.get("results", [])]

    def post(self, body: Mapping[str, Any]) -> None:
        """POST a message to the webhook as ONS does; raise SpaceOneError if it is not accepted."""
        content = json.dumps(body, ensure_ascii=False).encode()
        request = urllib.request.Request(self._url, content, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - http(s), checked
        try:
            with urllib.request.urlopen(request, timeout=POST_TIMEOUT):  # noqa: S310
                return
        except urllib.error.HTTPError as e:
            raise SpaceOneError(POST_REFUSED.format(status=e.code)) from None  # the cause holds the secret URL
        except OSError:
            raise SpaceOneError(NO_POST) from None

    def resolve(self, alert_id: str) -> None:
        """Set an alert to RESOLVED."""
        request = ParseDict({"alert_id": alert_id, "state": "RESOLVED"}, alert_pb2.UpdateAlertRequest())
        self._ask("resolve an alert", self._alerts.update, request)

    def delete(self, alert_id: str) -> None:
        """Delete an ERROR alert, unless another reconciler has; SpaceONE does not let one be resolved."""
        try:
            self._ask("delete an ERROR alert", self._alerts.delete, alert_pb2.AlertRequest(alert_id=alert_id))
        except SpaceOneError as e:
            if e.code != grpc.StatusCode.NOT_FOUND:
                raise

    def note(self, alert_id: str, text: str) -> None:
        """Write a note on an alert."""
        self._ask("write a note", self._notes.create, note_pb2.CreateNoteRequest(alert_id=alert_id, note=text))

    def _list_alerts(self, *states: str) -> list[Alert]:
        found: dict[str, Alert] = {}
        seen = 0
        while True:
            query = {
                "filter": [{"k": "state", "v": list(states), "o": "in"}],
                "sort": [{"key": "created_at"}],
                "page": {"start": seen + 1, "limit": PAGE},
            }
            request = ParseDict({"webhook_id": self.webhook_id, "query": query}, alert_pb2.AlertQuery())
            page = self._ask("list the alerts", self._alerts.list, request)
            results, total = page.get("results", []), int(page.get("total_count", 0))
            seen += len(results)
            found |= {each["alert_id"]: self._alert(each) for each in results if self._is_ours(each)}
            if seen >= total:
                return list(found.values())
            if not results:
                raise SpaceOneError(PARTIAL.format(got=seen, all=total))

    def _list_events(self, condition: Mapping[str, str], limit: int, start: int = 1) -> list[Event]:
        sort = [{"key": "created_at", "desc": True}]
        query = {"filter": [condition], "sort": sort, "page": {"start": start, "limit": limit}}
        request = ParseDict({"webhook_id": self.webhook_id, "query": query}, event_pb2.EventQuery())
        found = self._ask("list the events", self._events.list, request)
        return [_event(each) for each in found.get("results", []) if self._is_ours(each)]

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        return found.get("webhook_id") == self.webhook_id and found.get("domain_id") == self._domain

    @staticmethod
    def _alert(found: Mapping[str, Any]) -> Alert:
        resolved = _time(found.get("resolved_at"))
        opened = _time(found.get("created_at")) or datetime.fromtimestamp(0, UTC)
        return Alert(found["alert_id"], str(found.get("title") or ""), found["state"], opened, resolved)

    def _ask(self, doing: str, call: Callable[..., Message], request: Message) -> dict[str, Any]:
        try:
            answer = call(request, metadata=self._metadata, timeout=TIMEOUT)
        except grpc.RpcError as e:
            raise _refusal(doing, e) from None  # its text may repeat what was sent
        return MessageToDict(answer, preserving_proto_field_name=True)


def _refusal(doing: str, error: grpc.RpcError) -> SpaceOneError:
    status, details = error.code(), str(error.details() or "")
    code = next(iter(CODE.findall(details)), status.name)
    refusal = SpaceOneError(f"SpaceONE refuses to {doing}: {code}: {WHAT_TO_DO.get(status, 'look at its log')}.")
    refusal.code = status
    return refusal


def _channel(api_url: str) -> grpc.Channel:
    try:
        parts = urlsplit(api_url)
        address = f"{parts.hostname}:{parts.port}"
        if parts.scheme not in ("grpc", "grpc+ssl") or not parts.hostname or not parts.port:
            raise ValueError
    except ValueError:
        expected = "grpc://HOST:PORT or grpc+ssl://HOST:PORT of SpaceONE's monitoring service expected"
        raise UsageError(f"SPACEONE_API_URL: {expected}.") from None
    options = [("grpc.max_receive_message_length", MAX_ANSWER_BYTES)]
    if parts.scheme == "grpc":
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(), options)


def webhook_id_of(url: str) -> str:
    """Return the id in SpaceONE's webhook URL; a relay's URL names none."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    if urlsplit(url).scheme in ("http", "https") and len(parts) >= 4 and parts[-4] == "webhook" and parts[-1] == "events":
        return parts[-3]
    expected = "SpaceONE's own URL of the webhook expected, …/monitoring/v1/webhook/<webhook>/<key>/events, not a relay's"
    raise UsageError(f"SPACEONE_WEBHOOK_URL: {expected}.")


def _event(found: Mapping[str, Any]) -> Event:
    stored = _time(found.get("created_at")) or datetime.fromtimestamp(0, UTC)
    return Event(
        key=str(found.get("event_key") or ""),
        is_alert=found.get("event_type") == "ALERT",
        occurred=_time(found.get("occurred_at")) or stored,
        stored=stored,
        alert=str(found.get("alert_id") or ""),
        raw=found.get("raw_data") or {},
        alarm=str((found.get("additional_info") or {}).get("alarm_id") or ""),
        description=str(found.get("description") or ""),
    )


def _time(text: Any) -> datetime | None:
    """Return a time as SpaceONE writes it."""
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
