"""From what ONS sent to the events that SpaceONE stores."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from spaceone.core.manager import BaseManager

from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_CONFIRMATION_OFF, ERROR_MESSAGE
from plugin.model.event import Event, Ignored
from plugin.observe import metrics
from plugin.observe.log import fields, short_hash
from plugin.ons.check import address, order, signed, topic
from plugin.ons.check.order import Memory
from plugin.ons.escalation import SEPARATE, separated
from plugin.ons.message import Batch, Confirmation, Delivery, Message
from plugin.ons.recognise import recognise
from plugin.ons.transform import transform, unknown_records
from plugin.setting import option
from plugin.setting.option import SETTINGS, Options

_LOGGER = logging.getLogger(__name__)

MOST_OUTCOMES = 1000  # of a batch
ROOM = 2 * 1024 * 1024  # bytes of a batch's events; a client of gRPC takes replies of at most 4 MiB
TOO_MANY = "There are too many records."


class EventManager(BaseManager):
    """Recognise a message and check it; then confirm the subscription, or make an event and check its place in time."""

    def __init__(
        self,
        defaults: Options,
        memory: Memory,
        connector: OnsConnector,
        clock: Callable[[timezone], datetime] = datetime.now,
    ) -> None:
        super().__init__()
        self._defaults = defaults
        self._memory = memory
        self._connector = connector
        self._clock = clock

    def parse(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the events of a message, none if it is recognised and ignored. Raise ERROR_ONS to refuse it."""
        return self.answer(options, data)[0]

    def answer(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the events of a message, and why there are none of what is recognised and ignored."""
        outcomes = self.outcomes(options, data)
        events = [outcome.to_dict() for outcome in outcomes if isinstance(outcome, Event)]
        return events, [outcome.reason.value for outcome in outcomes if isinstance(outcome, Ignored)]

    def outcomes(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> list[Event | Ignored]:
        """Return what becomes of a message: events, or why there are none; nothing for a confirmed subscription."""
        started = time.perf_counter()
        settings = self._settings(options)
        delivery = recognise(data)
        if isinstance(delivery, Confirmation):
            self.confirm(delivery, settings)
            return []
        verified_topic = self._check(delivery, settings)
        metrics.last_message.set_to_current_time()
        if isinstance(delivery, Batch):
            return self._batch(delivery, settings, verified_topic)
        return self._one(delivery, settings, started, verified_topic)

    def _one(self, message: Message, settings: Options, started: float, verified_topic: str | None) -> list[Event | Ignored]:
        """Return the events of one message, counted and logged; raise ERROR_FIELD."""
        kind = message.kind
        metrics.messages_by_kind[kind.name].inc()
        outcome = transform(message, settings)
        separate = kind.escalates and settings.escalation == SEPARATE
        if kind.closes and isinstance(outcome, Event):
            now = self._clock(timezone.utc)
            outcome = order.drop_if_late(outcome, self._memory, now, by_severity=kind.escalates, verified_topic=verified_topic)
        _log(kind.name, outcome, started)
        if message.fields.unreadable:
            metrics.unreadable_fields.inc(len(message.fields.unreadable))
        return _counted(separated(outcome, settings) if separate and isinstance(outcome, Event) else [outcome])

    def _batch(self, batch: Batch, settings: Options, verified_topic: str | None) -> list[Event | Ignored]:
        """Return the events of all records of a batch that can be read, and one that tells of those that cannot."""
        started = time.perf_counter()
        metrics.messages_by_kind[metrics.BATCH].inc()
        outcomes: list[Event | Ignored] = []
        refused = []
        room = ROOM
        for message in batch.messages:
            if len(outcomes) >= MOST_OUTCOMES or room < 0:
                refused.append(TOO_MANY)
                continue
            try:
                added = self._one(message, settings, time.perf_counter(), verified_topic)
                outcomes += added
                room -= sum(outcome.size for outcome in added if isinstance(outcome, Event))
            except ERROR_MESSAGE as e:
                metrics.refusals.labels(e.error_code).inc()
                refused.append(e.message)
        if event := unknown_records(batch, refused, settings):
            _log(metrics.BATCH, event, started)
            outcomes += _counted([event])
        return outcomes

    def confirm(self, confirmation: Confirmation, settings: Options | None = None) -> None:
        """Tell ONS that a subscription is wanted; raise ERROR_ONS if it is not, or cannot be told."""
        started, settings = time.perf_counter(), settings or self._defaults
        metrics.messages_by_kind[metrics.CONFIRMATION].inc()
        self._check(confirmation, settings)
        if not settings.confirm:
            raise ERROR_CONFIRMATION_OFF()
        self._connector.confirm(address.confirmation(confirmation.url, settings.extra_domains))
        _LOGGER.info("confirmed", extra=fields(kind=metrics.CONFIRMATION, ms=_milliseconds(started)))

    def _check(self, delivery: Delivery, settings: Options) -> str | None:
        """Return the topic that a signature vouches for, or None; raise ERROR_UNTRUSTED for what must not be acted on."""
        topic.check(delivery, settings.topics)
        if not signed.is_wanted(delivery, settings.signature):
            return None
        from plugin.ons.check import signature  # only where there is one to verify: cryptography is a seventh of the memory

        url = address.certificate(delivery.envelope.get("signingCertURL"), settings.extra_domains)
        certificate = self._connector.certificate(url)
        signature.verify(delivery, certificate, self._clock(timezone.utc), max_age=settings.signature_max_age)
        return topic.check_signed(delivery, settings.topics)

    def _settings(self, options: Mapping[str, Any]) -> Options:
        """Return the options; a bad one is logged and its default taken, unless security depends on it."""
        if not options:
            return self._defaults
        settings, errors = option.merge(options, self._defaults)
        for error in errors:
            if error.name in SETTINGS and SETTINGS[error.name].fails_closed:
                raise error
            _LOGGER.warning("%s", error.message)
        return settings


def _counted(outcomes: Sequence[Event | Ignored]) -> list[Event | Ignored]:
    """Count what becomes of a message, and return it."""
    for outcome in outcomes:
        if isinstance(outcome, Ignored):
            metrics.ignored_by_reason[outcome.reason].inc()
        else:
            metrics.events_by_type[outcome.event_type, outcome.severity].inc()
    return [*outcomes]


def _log(kind: str, outcome: Event | Ignored, started: float) -> None:
    """Write the one log line of a message."""
    if isinstance(outcome, Ignored):
        _LOGGER.info("ignored", extra=fields(kind=kind, reason=outcome.reason.value, ms=_milliseconds(started)))
        return
    line = fields(
        kind=kind,
        event_type=outcome.event_type.value,
        severity=outcome.severity.value,
        key=short_hash(outcome.event_key),
        ms=_milliseconds(started),
    )
    _LOGGER.info("event", extra=line)


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
