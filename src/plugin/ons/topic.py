"""Whether a message is from a topic that is listed."""

from __future__ import annotations

from collections.abc import Collection

from plugin.error import ERROR_TOPIC
from plugin.ons.message import Message


def check(message: Message, listed: Collection[str]) -> None:
    """Return nothing if no topics are listed or each that the message names is; else raise ERROR_TOPIC."""
    if not listed:
        return
    if not message.topics:
        raise ERROR_TOPIC(reason="the message does not tell its topic, and topics are listed")
    if not message.topics <= set(listed):
        raise ERROR_TOPIC(reason="it is not among those listed")
