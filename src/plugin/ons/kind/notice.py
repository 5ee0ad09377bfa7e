"""A notice: somebody's own message, published to the topic as JSON or as plain text."""

from __future__ import annotations

from plugin.model.event import Event, EventType
from plugin.ons import read, times
from plugin.ons.identifiers import digest, tenancy
from plugin.ons.kind import words
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Body
from plugin.ons.text import described, unescape_html
from plugin.setting.option import Options

TITLE_KEYS = ("title", "subject", "summary")
TEXT_KEYS = ("body", "message", "text", "msg", "content", "description")


def transform(message: Message, options: Options) -> Event:
    """Return the event of a notice: always an ALERT, for nothing says when it would be over."""
    fields = message.fields
    text = fields.text(*TEXT_KEYS)
    title = unescape_html(fields.text(*TITLE_KEYS) or message.subject or text.partition("\n")[0])
    message_id = "" if message.in_batch else message.message_id
    return Event(
        event_key=fields.text("dedupeKey") or message_id or fields.text("messageId") or digest(title, text),
        event_type=EventType.ALERT,
        title=title,
        description=described(PHRASES[options.language], [text or title], []),
        severity=words.severity(fields.text("severity")),
        account=tenancy(fields.body),
        occurred_at=times.from_text(message.sent_at) or fields.time("timestamp"),
        additional_info={
            "compartment_id": fields.text("compartmentId"),
        },
    )


def _has_text(body: Body) -> bool:
    return any(isinstance(value := body.get(key), str) and read.clean(value) for key in (*TITLE_KEYS, *TEXT_KEYS))


KIND = Kind("notice", fits=_has_text, transform=transform)
