"""What arrived: a message of a known kind, a batch of them, or the request to confirm a subscription."""

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
    """What came around the content.

    `envelope` is ONS's notification envelope, `headers` are those that a relay saw on the HTTP request (names in lower
    case, `x-oci-ns-…`); each is empty where there was none.
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
        """ONS's id of the message, the same for each try to deliver it, or ""."""
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
    """ONS asks whether a subscription is wanted; `link` is what the message has for the link to open."""

    link: Any

    @property
    def url(self) -> str:
        """The link to the letter as it came; raise ERROR_FIELD if there is none."""
        if not isinstance(self.link, str):
            raise ERROR_FIELD("ConfirmationURL or confirmationUrl", "text")
        return self.link


@dataclass(frozen=True, kw_only=True)
class Message(Delivery):
    """A message of a known kind; `fields` reads the object that its kind was recognised by.

    `in_batch` says that it is one of many in its delivery, so that the delivery's message id is not its own.
    """

    kind: Kind
    fields: Reader
    in_batch: bool = False


@dataclass(frozen=True, kw_only=True)
class Batch(Delivery):
    """Many records in one delivery, as Connector Hub sends them; `recognise.recognise_record` says what each is."""

    records: tuple[object, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of message, as it declares itself in a file of `plugin.ons.kind`.

    `fits` recognises a body. `transform` returns its event, or why it has none, or raises ERROR_FIELD if neither key nor
    state can be read. `closes` says that there are recoveries of this kind, so that the order of deliveries matters.
    `escalates` says that one of its alarms can change its severity while it fires. `name` is a label of metrics and log
    lines, and the name of its folder of fixtures.
    """

    name: str
    fits: Callable[[Body], bool]
    transform: Callable[[Message, Options], Event | Ignored]
    closes: bool = False
    escalates: bool = False
