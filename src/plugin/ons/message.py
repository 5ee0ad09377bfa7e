"""What arrived: recognised, not yet understood."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from plugin.error import ERROR_FIELD, ERROR_UNKNOWN_KIND
from plugin.ons import read
from plugin.ons.read import Body
from plugin.ons.state import MESSAGE_TYPES


class Kind(Enum):
    """The kinds of message."""

    CONFIRMATION = "confirmation"  # ONS asks whether the subscription is wanted
    ALARM = "alarm"  # as OCI Monitoring sends it
    ALARM_DOCUMENTED = "alarm_documented"  # alarmId and status, as the integration's specification has it
    CLOUD_GUARD = "cloud_guard"  # a problem that Cloud Guard detected, or what became of it
    BUDGET = "budget"  # a budget's alert rule was met, or reset
    OCI_EVENT = "oci_event"  # any other event of the OCI Events service
    LOG = "log"  # a log record, handed on by Connector Hub
    NOTICE = "notice"  # somebody's own message, published to the topic


LOG_KEYS = {"specversion", "id", "source", "type", "data"}  # CloudEvents 1.0, as OCI Logging writes it

KINDS: tuple[tuple[Kind, Callable[[Body], bool]], ...] = (  # the first that fits wins
    (Kind.ALARM, lambda body: isinstance(body.get("alarmMetaData"), list)),
    (Kind.ALARM, lambda body: _has_dedupe_key(body) and str(body.get("type")) in MESSAGE_TYPES),
    (Kind.ALARM_DOCUMENTED, lambda body: "alarmId" in body and "status" in body),
    (Kind.CLOUD_GUARD, lambda body: _event_type(body).startswith("com.oraclecloud.cloudguard.problem")),
    (Kind.BUDGET, lambda body: _event_type(body) == "com.oraclecloud.budgets.createtriggeredalert"),
    (Kind.OCI_EVENT, lambda body: bool(_event_type(body)) and "cloudEventsVersion" in body),
    (Kind.LOG, lambda body: isinstance(body.get("logContent"), dict) or body.keys() >= LOG_KEYS),
    (Kind.NOTICE, lambda body: any(_is_text(body.get(key)) for key in ("title", "body", "message"))),
)

CONFIRMATION_TYPES = ("Subscription Confirmation", "SubscriptionConfirmation")
CONFIRMATION_HEADER = "x-oci-ns-confirmationurl"
RELAY_KEYS = {"headers", "text"}


@dataclass(frozen=True)
class Message:
    """A message of a known kind.

    `body` is the object its kind was recognised by, `envelope` the notification envelope around it, `headers` those a
    relay saw on the delivery (names in lower case, `x-oci-ns-…`); each empty where there was none.
    """

    kind: Kind
    body: Body
    envelope: Body = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def topic_id(self) -> str:
        """The OCID of the topic, or "" if the message does not tell."""
        return read.text(self.envelope, "topicId") or self.headers.get("x-oci-ns-topicocid", "")

    @property
    def message_id(self) -> str:
        """ONS's id of the delivery, the same for each try of it, or ""."""
        return read.text(self.envelope, "messageId") or self.headers.get("x-oci-ns-messageid", "")

    @property
    def topics(self) -> set[str]:
        """The OCIDs of all topics that envelope and headers name."""
        return {read.text(self.envelope, "topicId"), self.headers.get("x-oci-ns-topicocid", "")} - {""}

    @property
    def confirmation_url(self) -> str:
        """The link of a confirmation, to the letter as it came; raise ERROR_FIELD if there is none."""
        url = self.body.get("ConfirmationURL") or self.body.get("confirmationUrl")
        if not isinstance(url, str):
            raise ERROR_FIELD("ConfirmationURL or confirmationUrl", "text")
        return url

    @property
    def sent_at(self) -> Any:
        """When ONS says that it sent the message, as it wrote it."""
        return self.envelope.get("timestamp") or self.headers.get("x-oci-ns-timestamp")

    @property
    def subject(self) -> str:
        """The envelope's subject, or ""."""
        return read.text(self.envelope, "subject")


def recognise(data: Body) -> Message:
    """Return the message in what SpaceONE hands over; raise ERROR_UNKNOWN_KIND or ERROR_FIELD."""
    headers: Mapping[str, str] = {}
    envelope: Body = {}
    body = data
    if set(body) == RELAY_KEYS:
        given = read.mapping(body, "headers")
        headers = {key.lower(): read.spelled(value, "headers", key) for key, value in given.items()}
        for key, value in given.items():
            if key.lower() == CONFIRMATION_HEADER:  # counts before the text, which need not be JSON then
                return Message(Kind.CONFIRMATION, {"ConfirmationURL": value}, headers=headers)
        body = _content(body, "text")
    if _is_confirmation(body) and headers.get("x-oci-ns-messagetype") != "Notification":
        return Message(Kind.CONFIRMATION, body, body, headers)
    if _is_envelope(body):  # what is within was published by somebody: a confirmation there is none
        envelope, body = body, _content(body, "message")
    return Message(_kind(body), body, envelope, headers)


def _kind(body: Body) -> Kind:
    for kind, fits in KINDS:
        if fits(body):
            return kind
    raise ERROR_UNKNOWN_KIND(body)


def _is_confirmation(body: Body) -> bool:
    return "ConfirmationURL" in body or body.get("type") in CONFIRMATION_TYPES


def _is_envelope(body: Body) -> bool:
    # The second: Oracle's field by field description of the envelope, where the rest of it is left out.
    return body.get("type") == "Notification" or ("type" not in body and isinstance(body.get("message"), dict))


def _content(body: Body, key: str) -> Body:
    """Return the object in body[key], itself or as JSON text; plain text as the body of a notice."""
    value = body.get(key)
    if isinstance(value, dict):
        return value
    if not isinstance(value, str) or not read.clean(value):
        raise ERROR_FIELD(key, "text or an object")
    try:
        content = json.loads(value)
    except (ValueError, RecursionError):  # not JSON, or JSON that no honest sender writes
        return {"body": value}
    return content if isinstance(content, dict) else {"body": value}


def _has_dedupe_key(body: Body) -> bool:
    return "dedupeKey" in body or "dedupekey" in body


def _event_type(body: Body) -> str:
    value = body.get("eventType")
    return read.clean(value) if isinstance(value, str) else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(read.clean(value))
