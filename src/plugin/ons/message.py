"""A delivery: a message of a known kind, a batch of records, or a subscription confirmation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, Ignored
from plugin.ons import read
from plugin.ons.read import Body, Reader
from plugin.setting.option import Options

TOPIC_HEADER = "x-oci-ns-topicocid"
MESSAGE_ID_HEADER = "x-oci-ns-messageid"
TIMESTAMP_HEADER = "x-oci-ns-timestamp"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The metadata of a delivery.

    `envelope` is ONS's notification envelope, `headers` are the `x-oci-ns-…` headers that a relay received (names in lower
    case); either can be empty.
    """

    envelope: Body = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def topic_id(self) -> str:
        """The OCID of the topic, or "" if the delivery names none."""
        return read.text(self.envelope, "topicId") or self.headers.get(TOPIC_HEADER, "")

    @property
    def topic_ids(self) -> set[str]:
        """The OCIDs of all topics that envelope and headers name."""
        return {read.text(self.envelope, "topicId"), self.headers.get(TOPIC_HEADER, "")} - {""}

    @property
    def message_id(self) -> str:
        """ONS's id of the message, the same for each retry, or ""."""
        return read.text(self.envelope, "messageId") or self.headers.get(MESSAGE_ID_HEADER, "")

    @property
    def sent_at(self) -> Any:
        """When ONS says that it sent the message, as it wrote it."""
        return self.envelope.get("timestamp") or self.headers.get(TIMESTAMP_HEADER)

    @property
    def subject(self) -> str:
        """The envelope's subject, or ""."""
        return read.text(self.envelope, "subject")


@dataclass(frozen=True, kw_only=True)
class Confirmation(Delivery):
    """ONS asks to confirm a subscription; `link` is the unchecked value of the confirmation link."""

    link: Any

    @property
    def url(self) -> str:
        """The unmodified link; raise ERROR_FIELD if it is not text."""
        if not isinstance(self.link, str):
            raise ERROR_FIELD("ConfirmationURL or confirmationUrl", "text")
        return self.link


@dataclass(frozen=True, kw_only=True)
class Message(Delivery):
    """A message of a known kind; `fields` reads its body.

    `in_batch`: it is a record of a batch, so the delivery's message id is not its own.
    """

    kind: Kind
    fields: Reader
    in_batch: bool = False


@dataclass(frozen=True, kw_only=True)
class Batch(Delivery):
    """Many records in one delivery, as Connector Hub sends them; see `recognise.recognise_record`."""

    records: tuple[object, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of message, as it declares itself in a file of `plugin.ons.kind`.

    `fits` recognises a body. `transform` returns an Event or Ignored, or raises ERROR_FIELD if the key or the state cannot
    be read. `closes`: the kind has recoveries, so the order of deliveries matters. `escalates`: the severity can change while
    an alarm fires. `name` is a label of metrics and log lines, and the folder of its fixtures.
    """

    name: str
    fits: Callable[[Body], bool]
    transform: Callable[[Message, Options], Event | Ignored]
    closes: bool = False
    escalates: bool = False
