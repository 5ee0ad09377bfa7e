"""Whether a message is from an allowed topic."""

from __future__ import annotations

from collections.abc import Collection

from plugin.error import ERROR_TOPIC
from plugin.ons import read
from plugin.ons.message import Delivery


def check(delivery: Delivery, allowed: Collection[str]) -> None:
    """Raise ERROR_TOPIC if topics are listed and the message names none, or one that is not listed."""
    if not allowed:
        return
    topic_ids = delivery.topic_ids
    if not topic_ids:
        raise ERROR_TOPIC(reason="the message names no topic, and the option topics is set")
    if not topic_ids <= set(allowed):
        raise ERROR_TOPIC(reason="it is not listed in the option topics")


def check_signed(delivery: Delivery, allowed: Collection[str]) -> str:
    """Return the topic that a verified signature covers, or ""; raise ERROR_TOPIC if topics are listed and it is none of them.

    A signature covers the envelope, not the header that a relay received.
    """
    signed = read.text(delivery.envelope, "topicId")
    if allowed and signed not in allowed:
        raise ERROR_TOPIC(reason="the signature covers no topic, and the option topics is set")
    return signed
