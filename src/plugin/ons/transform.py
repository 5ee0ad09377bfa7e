"""From a message to what SpaceONE is told of it: one function a kind."""

from __future__ import annotations

from collections.abc import Callable

from plugin.model.event import Event, Silent
from plugin.ons import alarm_documented, alarm_sent, budget, cloud_guard, log, notice, oci_event
from plugin.ons.message import Kind, Message
from plugin.option import Options

TRANSFORMERS: dict[Kind, Callable[[Message, Options], Event | Silent]] = {
    Kind.ALARM: alarm_sent.transform,
    Kind.ALARM_DOCUMENTED: alarm_documented.transform,
    Kind.CLOUD_GUARD: cloud_guard.transform,
    Kind.BUDGET: budget.transform,
    Kind.OCI_EVENT: oci_event.transform,
    Kind.LOG: log.transform,
    Kind.NOTICE: notice.transform,
}


def transform(message: Message, options: Options) -> Event | Silent:
    """Return the event of a message, or why it has none; raise ERROR_FIELD for a field that cannot be read."""
    return TRANSFORMERS[message.kind](message, options)
