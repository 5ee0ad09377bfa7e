"""Recognise what arrived, through the wrappings it may have.

A relay wraps a delivery as `{"headers", "text"}`, and ONS has an envelope with `"type": "Notification"` in its
documentation. Both are opened first; what is inside is of the first kind of KINDS that fits.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.error import ERROR_FIELD, ERROR_UNKNOWN_KIND
from plugin.ons import read
from plugin.ons.kind import KINDS
from plugin.ons.message import Confirmation, Message
from plugin.ons.read import Body

NOTIFICATION = "Notification"
CONFIRMATION_TYPES = ("Subscription Confirmation", "SubscriptionConfirmation")
CONFIRMATION_HEADER = "x-oci-ns-confirmationurl"
TYPE_HEADER = "x-oci-ns-messagetype"
RELAY_KEYS = {"headers", "text"}
ENVELOPE_KEYS = {"messageId", "topicId", "subscriptionId"}  # any of them makes an object with a type an envelope


@dataclass(frozen=True)
class Arrival:
    """What a relay took, opened: its headers (names in lower case), the content of its text, and a header's link.

    `link` is the confirmation header to the letter as it came. It counts before the text, which need not be JSON then.
    """

    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)
    link: Any = None

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


def recognise(data: Body) -> Message | Confirmation:
    """Return the message in what SpaceONE hands over; raise ERROR_UNKNOWN_KIND or ERROR_FIELD."""
    return classify(unwrap(data))


def unwrap(data: Body) -> Arrival:
    """Open a relay's wrapping, if there is one; raise ERROR_FIELD if it holds no message."""
    if set(data) != RELAY_KEYS:
        return Arrival(data)
    by_name = read.mapping(data, "headers")
    headers = {key.lower(): read.scalar_text(value, "headers", key) for key, value in by_name.items()}
    if CONFIRMATION_HEADER in headers:
        (link, *_) = (value for key, value in by_name.items() if key.lower() == CONFIRMATION_HEADER)
        return Arrival({}, headers, link)
    return Arrival(_content(data, "text"), headers)


def classify(arrival: Arrival) -> Message | Confirmation:
    """Return the message, out of its envelope; raise ERROR_UNKNOWN_KIND or ERROR_FIELD."""
    body, headers = arrival.body, arrival.headers
    if arrival.is_confirmation:
        link = arrival.link or body.get("ConfirmationURL") or body.get("confirmationUrl")
        return Confirmation(link=link, envelope=body, headers=headers)
    envelope: Body = {}
    if _is_envelope(body):
        envelope, body = body, _content(body, "message")
    for kind in KINDS:
        if kind.fits(body):
            return Message(kind=kind, body=body, envelope=envelope, headers=headers)
    raise ERROR_UNKNOWN_KIND(body)


def _is_envelope(body: Body) -> bool:
    # The second: Oracle's field by field description of the envelope, where the rest of it is left out.
    return body.get("type") == NOTIFICATION or ("type" not in body and isinstance(body.get("message"), dict))


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
