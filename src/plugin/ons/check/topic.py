"""Whether a message is from a topic that is listed."""

from __future__ import annotations

from collections.abc import Collection

from plugin.error import ERROR_TOPIC
from plugin.ons import read
from plugin.ons.message import Delivery


def check(delivery: Delivery, listed: Collection[str]) -> None:
    """Return nothing if no topics are listed or each that the message names is; else raise ERROR_TOPIC."""
    if not listed:
        return
    topic_ids = delivery.topic_ids
    if not topic_ids:
        raise ERROR_TOPIC(reason="the message does not tell its topic, and topics are listed")
    if not topic_ids <= set(listed):
        raise ERROR_TOPIC(reason="it is not among those listed")


def check_signed(delivery: Delivery, listed: Collection[str]) -> str:
    """Return the topic that a verified signature covers, "" if it covers none; raise ERROR_TOPIC if it must be a listed one.

    A signature covers the envelope. The header that a relay saw is covered by none.
    """
    signed = read.text(delivery.envelope, "topicId")
    if listed and signed not in listed:
        raise ERROR_TOPIC(reason="the signature covers no topic, and topics are listed")
    return signed
