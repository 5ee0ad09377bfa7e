"""Recognise a delivery inside its wrappers.

A relay wraps a delivery as `{"headers", "text"}`; ONS documents an envelope with `"type": "Notification"`. Both are removed;
the first kind of KINDS that fits the content is used.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from plugin.error import ERROR_FIELD, ERROR_TOO_LARGE, ERROR_UNKNOWN_KIND
from plugin.ons import read
from plugin.ons.kind import KINDS
from plugin.ons.message import Batch, Confirmation, Kind, Message
from plugin.ons.read import Body, Reader
from plugin.setting.limits import MAX_DEPTH, MAX_VALUES

NOTIFICATION = "notification"
CONFIRMATION_TYPES = ("subscription confirmation", "subscriptionconfirmation")  # in lower case
CONFIRMATION_HEADER = "x-oci-ns-confirmationurl"
TYPE_HEADER = "x-oci-ns-messagetype"
TOO_DEEP = f"more than {MAX_DEPTH} levels of objects and lists"
RELAY_KEYS = {"headers", "text"}
Content = Body | list[Any]  # one message, or the records of a batch
ENVELOPE_IDS = {"messageId", "topicId", "subscriptionId"}  # with a type, any of them identifies an envelope
ENVELOPE_KEYS = {*ENVELOPE_IDS, "type", "subject", "message", "timestamp", "signature", "signingCertURL"}


@dataclass(frozen=True)
class Unwrapped:
    """A delivery without the relay's wrapper: its headers (names in lower case), content, and confirmation header.

    `link` is the unmodified confirmation header. If present, the text is ignored, because it need not be JSON.
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
        """Whether ONS asks to confirm a subscription. The content of a notification, which anybody can publish, never does."""
        if self.link is not None:
            return True
        asks = "ConfirmationURL" in self.body or _type(self.body) in CONFIRMATION_TYPES
        return asks and self.headers.get(TYPE_HEADER, "").lower() != NOTIFICATION

    @property
    def is_envelope_of_unknown_type(self) -> bool:
        """Whether this is an envelope, but neither a notification nor a confirmation."""
        body = self.body
        if "type" not in body or "dedupeKey" in body or not (body.keys() & ENVELOPE_IDS or body.keys() <= ENVELOPE_KEYS):
            return False
        return _type(body) not in (NOTIFICATION, *CONFIRMATION_TYPES)


def recognise(data: Body) -> Message | Batch | Confirmation:
    """Return the message that SpaceONE passes on; raise ERROR_UNKNOWN_KIND or ERROR_FIELD."""
    return classify(unwrap(data))


def unwrap(data: Body) -> Unwrapped:
    """Remove a relay's wrapper, if there is one; raise ERROR_FIELD if it has no message."""
    if set(data) != RELAY_KEYS:
        return Unwrapped(data)
    by_name = data["headers"] if isinstance(data["headers"], dict) else {}
    headers = {key.lower(): read.text(by_name, key) for key in by_name}
    if CONFIRMATION_HEADER in headers:
        (link, *_) = (value for key, value in by_name.items() if key.lower() == CONFIRMATION_HEADER)
        return Unwrapped({}, headers, link)
    return Unwrapped(_content(data, "text"), headers)


def classify(unwrapped: Unwrapped) -> Message | Batch | Confirmation:
    """Return the message inside its envelope; raise ERROR_UNKNOWN_KIND or ERROR_FIELD."""
    content, headers = unwrapped.content, unwrapped.headers
    if unwrapped.is_confirmation:
        body = unwrapped.body
        link = unwrapped.link or body.get("ConfirmationURL") or body.get("confirmationUrl")
        return Confirmation(link=link, envelope=body, headers=headers)
    envelope: Body = {}
    if isinstance(content, dict) and _is_envelope(content):
        envelope, content = content, _content(content, "message")
    if isinstance(content, list):
        return Batch(records=tuple(content), envelope=envelope, headers=headers)
    message = _message(content, envelope, headers)
    if message is None:
        raise ERROR_UNKNOWN_KIND(content)
    return message


def recognise_record(record: object, batch: Batch) -> Message | None:
    """Return the message in a record of a batch, or None.

    A bad record never affects the others.
    """
    if not isinstance(record, dict) or Unwrapped(record).is_confirmation or _is_too_deep(record):
        return None
    content: Content = record
    try:
        if _is_envelope(record):
            with contextlib.suppress(ERROR_FIELD):
                content = _content(record, "message")
        return _message(content, batch.envelope, batch.headers, in_batch=True)
    except Exception:  # noqa: BLE001 - counted as a record of no known kind
        return None


def _message(body: Any, envelope: Body, headers: Mapping[str, str], *, in_batch: bool = False) -> Message | None:
    """Return the message in an object, or None if it is of no kind."""
    kind = _kind(body)
    return Message(kind=kind, fields=Reader(body), envelope=envelope, headers=headers, in_batch=in_batch) if kind else None


def _kind(body: Any) -> Kind | None:
    return next((kind for kind in KINDS if kind.fits(body)), None) if isinstance(body, dict) else None


def _is_envelope(body: Body) -> bool:
    """Say whether this is an envelope, with the message in its field `message`.

    The integration specification omits most of the envelope's fields. So an object in `message` is a message, unless the object
    around it is one.
    """
    if _type(body) == NOTIFICATION:
        return True
    inner = body.get("message")
    if "type" in body or not isinstance(inner, dict):
        return False
    outer = _kind(body)
    return outer is None or (outer is KINDS[-1] and _kind(inner) is not None)  # the last kind fits any text


def _type(body: Body) -> str:
    return read.text(body, "type").lower()


def _content(body: Body, key: str) -> Content:
    """Return the object or the list of objects in body[key], parsed from JSON if necessary; plain text becomes a notice."""
    value = body.get(key)
    if isinstance(value, str) and read.clean(value):
        try:
            content = json.loads(value)
        except RecursionError:
            raise ERROR_TOO_LARGE(reason=TOO_DEEP) from None
        except ValueError:
            content = None
        _check_size(content)
        return content if _is_content(content) else {"body": value}
    if not _is_content(value):
        raise ERROR_FIELD(key, "text or an object")
    return value


def _check_size(content: Any) -> None:
    """Raise ERROR_TOO_LARGE for more than MAX_VALUES values, or for an object that is nested too deeply."""
    remaining, containers = MAX_VALUES, [content]
    while containers:
        container = containers.pop()
        values = container.values() if isinstance(container, dict) else container if isinstance(container, list) else ()
        remaining -= len(values)
        if remaining < 0:
            raise ERROR_TOO_LARGE(reason=f"more than {MAX_VALUES} values")
        containers += [value for value in values if isinstance(value, (dict, list))]
    if isinstance(content, dict) and _is_too_deep(content):  # the records of a list are checked one by one
        raise ERROR_TOO_LARGE(reason=TOO_DEEP)


def _is_too_deep(content: Body) -> bool:
    """Say whether objects and lists are nested more than MAX_DEPTH levels deep."""
    level: list[Any] = [content]
    for _ in range(MAX_DEPTH):
        values = (value for each in level for value in (each.values() if isinstance(each, dict) else each))
        level = [value for value in values if isinstance(value, (dict, list))]
    return bool(level)


def _is_content(value: Any) -> TypeGuard[Content]:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value))
