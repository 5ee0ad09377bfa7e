"""Recognise what arrived, through the wrappings it may have.

A relay wraps a delivery as `{"headers", "text"}`, and ONS has an envelope with `"type": "Notification"` in its
documentation. Both are opened first; what is inside is of the first kind of KINDS that fits.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from plugin.error import ERROR_FIELD, ERROR_UNKNOWN_KIND
from plugin.ons import read
from plugin.ons.kind import KINDS
from plugin.ons.message import Batch, Confirmation, Message
from plugin.ons.read import Body, Reader

NOTIFICATION = "Notification"
CONFIRMATION_TYPES = ("Subscription Confirmation", "SubscriptionConfirmation")
CONFIRMATION_HEADER = "x-oci-ns-confirmationurl"
TYPE_HEADER = "x-oci-ns-messagetype"
RELAY_KEYS = {"headers", "text"}
Content = Body | list[Any]  # one message, or the records of a batch
ENVELOPE_KEYS = {"messageId", "topicId", "subscriptionId"}  # any of them makes an object with a type an envelope


@dataclass(frozen=True)
class Arrival:
    """What a relay took, opened: its headers (names in lower case), the content of its text, and a header's link.

    `link` is the confirmation header to the letter as it came. It counts before the text, which need not be JSON then.
    """

    content: Content
    headers: Mapping[str, str] = field(default_factory=dict)
    link: Any = None

    @property
    def body(self) -> Body:
        """The content, if it is one object; else an empty one."""
        return self.content if isinstance(self.content, dict) else {}

    @property
    def is_confirmation(self) -> bool:
        """Whether ONS asks to confirm a subscription. What a notification carries was published by somebody: never."""
        if self.link is not None:
            return True
        asks = "ConfirmationURL" in self.body or self.body.get("type") in CONFIRMATION_TYPES
        return asks and self.headers.get(TYPE_HEADER) != NOTIFICATION

    @property
    def is_envelope_of_unknown_type(self) -> bool:
        """Whether this is an envelope, but neither a notification nor a confirmation."""
        body = self.body
        if "type" not in body or "dedupeKey" in body or not body.keys() & ENVELOPE_KEYS:
            return False
        return body["type"] not in (NOTIFICATION, *CONFIRMATION_TYPES)


def recognise(data: Body) -> Message | Batch | Confirmation:
    """Return what SpaceONE hands over, recognised; raise ERROR_UNKNOWN_KIND or ERROR_FIELD."""
    return classify(unwrap(data))


def unwrap(data: Body) -> Arrival:
    """Open a relay's wrapping, if there is one; raise ERROR_FIELD if it holds no message."""
    if set(data) != RELAY_KEYS:
        return Arrival(data)
    by_name = data["headers"] if isinstance(data["headers"], dict) else {}
    headers = {key.lower(): read.text(by_name, key) for key in by_name}
    if CONFIRMATION_HEADER in headers:
        (link, *_) = (value for key, value in by_name.items() if key.lower() == CONFIRMATION_HEADER)
        return Arrival({}, headers, link)
    return Arrival(_content(data, "text"), headers)


def classify(arrival: Arrival) -> Message | Batch | Confirmation:
    """Return the message, out of its envelope; raise ERROR_UNKNOWN_KIND or ERROR_FIELD."""
    content, headers = arrival.content, arrival.headers
    if arrival.is_confirmation:
        body = arrival.body
        link = arrival.link or body.get("ConfirmationURL") or body.get("confirmationUrl")
        return Confirmation(link=link, envelope=body, headers=headers)
    envelope: Body = {}
    if isinstance(content, dict) and _is_envelope(content):
        envelope, content = content, _content(content, "message")
    if isinstance(content, list):
        messages = [_message(record, envelope, headers, in_batch=True) for record in content]
        known = tuple(message for message in messages if message)
        return Batch(messages=known, unknown=len(messages) - len(known), envelope=envelope, headers=headers)
    message = _message(content, envelope, headers)
    if message is None:
        raise ERROR_UNKNOWN_KIND(content)
    return message


def _message(body: Any, envelope: Body, headers: Mapping[str, str], *, in_batch: bool = False) -> Message | None:
    """Return the message in an object, or None if it is of no kind."""
    if isinstance(body, dict):
        for kind in KINDS:
            if kind.fits(body):
                return Message(kind=kind, fields=Reader(body), envelope=envelope, headers=headers, in_batch=in_batch)
    return None


def _is_envelope(body: Body) -> bool:
    # The second: Oracle's field by field description of the envelope, where the rest of it is left out.
    return body.get("type") == NOTIFICATION or ("type" not in body and isinstance(body.get("message"), dict))


def _content(body: Body, key: str) -> Content:
    """Return the object or the list of objects in body[key], itself or as JSON text; plain text as the body of a notice."""
    value = body.get(key)
    if isinstance(value, str) and read.clean(value):
        try:
            content = json.loads(value)
        except (ValueError, RecursionError):  # not JSON, or JSON that no honest sender writes
            content = None
        return content if _is_content(content) else {"body": value}
    if not _is_content(value):
        raise ERROR_FIELD(key, "text or an object")
    return value


def _is_content(value: Any) -> TypeGuard[Content]:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))
