"""A notice: a user's own message, published to the topic as JSON or plain text."""

from __future__ import annotations

from plugin.model.event import Event, EventType, Ignored, Severity
from plugin.ons import read, times
from plugin.ons.identifiers import digest, tenancy
from plugin.ons.kind import vocabulary
from plugin.ons.kind.vocabulary import NO_STATE_CHANGE
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Body
from plugin.ons.text import describe, unescape_html
from plugin.setting.option import Options

END_STATES = {"OK", "RESOLVED", "RECOVERED", "CLOSED"}  # of `status` or `state`
TITLE_KEYS = ("title", "subject", "summary")
SEVERITY_KEYS = ("severity", "level", "priority")
TEXT_KEYS = ("body", "message", "text", "msg", "content", "description")


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event of a notice: an ALERT, or a RECOVERY if it has a key and one of the END_STATES.

    An end without a key is ignored, because it cannot close an alert.
    """
    fields = message.fields
    key, is_over = fields.text("dedupeKey", "dedupekey"), _is_end(fields.body)
    if is_over and not key:
        return NO_STATE_CHANGE
    text = unescape_html(fields.text(*TEXT_KEYS))
    phrases = PHRASES[options.language]
    title = unescape_html(fields.text(*TITLE_KEYS) or message.subject or text.partition("\n")[0])
    message_key = key or ("" if message.in_batch else message.message_id) or fields.text("messageId")
    return Event(
        event_key=message_key or digest(title, text),
        key_is_hash=not message_key,
        event_type=EventType.RECOVERY if is_over else EventType.ALERT,
        title=title,
        description=describe(phrases, [f"{phrases.recovered}: {title}" if is_over else "", text or title], []),
        severity=vocabulary.severity(*(fields.text(key) for key in SEVERITY_KEYS)) or Severity.INFO,
        account=tenancy(fields.body),
        occurred_at=times.from_text(message.sent_at) or fields.time("timestamp"),
        additional_info={"compartment_id": fields.text("compartmentId")},
    )


def _is_notice(body: Body) -> bool:
    return _is_end(body) or any(
        isinstance(value := body.get(key), str) and read.clean(value) for key in (*TITLE_KEYS, *TEXT_KEYS)
    )


def _is_end(body: Body) -> bool:
    return any(isinstance(value := body.get(key), str) and value.strip().upper() in END_STATES for key in ("status", "state"))


KIND = Kind("notice", fits=_is_notice, transform=transform, closes=True)
