"""A notice: somebody's own message, published to the topic as JSON or as plain text."""

from __future__ import annotations

from plugin.model.event import Event, EventType
from plugin.ons import read, times
from plugin.ons.identifiers import account, digest
from plugin.ons.kind import words
from plugin.ons.message import Kind, Message
from plugin.ons.read import Body
from plugin.ons.text import described, unescape_html
from plugin.setting.option import Options

TEXT_KEYS = ("title", "body", "message")


def transform(message: Message, options: Options) -> Event:
    """Return the event of a notice: always an ALERT, for nothing says when it would be over."""
    body = message.body
    text = read.text(body, "body") or read.text(body, "message")
    title = unescape_html(read.text(body, "title") or message.subject or text.partition("\n")[0])
    occurred_at, note = times.read(message.sent_at, body.get("timestamp"))
    return Event(
        event_key=read.text(body, "dedupeKey") or message.message_id or read.text(body, "messageId") or digest(title, text),
        event_type=EventType.ALERT,
        title=title,
        description=described([text or title], []),
        severity=words.severity(read.text(body, "severity")),
        provider=options.provider,
        account=account(body),
        occurred_at=occurred_at,
        additional_info={
            "compartment_id": read.text(body, "compartmentId"),
            "topic_id": message.topic_id,
            "message_id": message.message_id,
            "occurred_at": note,
        },
    )


def _has_text(body: Body) -> bool:
    return any(isinstance(value := body.get(key), str) and read.clean(value) for key in TEXT_KEYS)


KIND = Kind("notice", fits=_has_text, transform=transform)
