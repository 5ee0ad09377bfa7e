"""Transform a message into its event: the steps common to all kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from plugin.model.event import Event, EventType, Ignored, Severity
from plugin.ons.identifiers import digest
from plugin.ons.message import Batch, Message
from plugin.ons.phrases import PHRASES
from plugin.setting.option import Options


def transform(message: Message, options: Options) -> Event | Ignored:
    """Return the event of a message, or why it has none; or raise ERROR_FIELD.

    Adds provider, account, topic, message id and the unreadable fields to the event of the kind.
    """
    outcome = message.kind.transform(message, options)
    if isinstance(outcome, Ignored):
        return outcome
    if outcome.occurred_at is None and message.sent_at:
        message.fields.note("timestamp")
    return replace(
        outcome,
        provider=options.provider,
        account=outcome.account or options.account,
        additional_info={"topic_id": message.topic_id, "message_id": message.message_id, **outcome.additional_info},
        unreadable=tuple(message.fields.unreadable),
    )


def unknown_records(batch: Batch, unknown: int, refused: Sequence[str], options: Options, *, has_events: bool) -> Event | None:
    """Return an event about the unreadable records of a batch, or None if there are none.

    `unknown` counts the records of no known kind, `refused` has the reasons for others; `has_events`: some became events.
    """
    reasons = sorted(set(refused))
    unread = unknown + len(refused)
    if not unread:
        return None
    phrases = PHRASES[options.language]
    title = phrases.batch.format(unread, len(batch.records))
    return Event(
        event_key=digest("batch", batch.topic_id, *reasons),
        event_type=EventType.ALERT,
        title=title,
        description="\n".join(filter(None, [phrases.batch_others if has_events else "", phrases.batch_unknown, *reasons])),
        severity=Severity.WARNING,
        provider=options.provider,
        account=options.account,
        additional_info={"topic_id": batch.topic_id, "message_id": batch.message_id},
    )
