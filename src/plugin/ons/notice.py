"""A notice: somebody's own message, published to the topic as JSON or as plain text."""

from __future__ import annotations

from plugin.model.event import Event, EventType
from plugin.ons import instant, read, state
from plugin.ons.account import account
from plugin.ons.identity import digest
from plugin.ons.message import Message
from plugin.ons.wording import described, plain
from plugin.option import Options


def transform(message: Message, options: Options) -> Event:
    """Return the event of a notice: always an ALERT, for nothing says when it would be over."""
    body = message.body
    text = read.text(body, "body") or read.text(body, "message")
    title = plain(read.text(body, "title") or message.subject or text.partition("\n")[0])
    occurred_at, note = instant.read(message.sent_at, body.get("timestamp"))
    return Event(
        event_key=read.text(body, "dedupeKey") or message.message_id or read.text(body, "messageId") or digest(title, text),
        event_type=EventType.ALERT,
        title=title,
        description=described([text or title], []),
        severity=state.severity(read.text(body, "severity")),
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
