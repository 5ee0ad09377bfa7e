"""From what ONS sent to the events that SpaceONE stores."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from spaceone.core.manager import BaseManager

from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_CONFIRMATION_OFF
from plugin.model.event import Event, Ignored
from plugin.observe import metrics
from plugin.observe.log import fields, short_hash
from plugin.ons.check import address, order, signature, topic
from plugin.ons.check.order import Memory
from plugin.ons.message import Confirmation, Delivery, Message
from plugin.ons.recognise import recognise
from plugin.setting import option
from plugin.setting.option import SETTINGS, Options

_LOGGER = logging.getLogger(__name__)


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
        """Return the events of a message: one, or none if it is recognised and ignored. Raise ERROR_ONS to refuse it."""
        return [outcome.to_dict() for outcome in self.outcomes(options, data) if isinstance(outcome, Event)]

    def outcomes(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> list[Event | Ignored]:
        """Return what becomes of a message: an event, or why there is none; nothing for a subscription that is confirmed."""
        started = time.perf_counter()
        settings = self._settings(options)
        message = recognise(data)
        if isinstance(message, Confirmation):
            self.confirm(message, settings)
            return []
        metrics.messages_by_kind[message.kind.name].inc()
        self._check(message, settings)
        outcome = message.kind.transform(message, settings)
        if message.kind.closes and isinstance(outcome, Event):
            outcome = order.drop_if_late(outcome, self._memory, self._clock(timezone.utc))
        _report(message, outcome, started)
        return [outcome]

    def confirm(self, confirmation: Confirmation, settings: Options | None = None) -> None:
        """Tell ONS that a subscription is wanted; raise ERROR_ONS if it is not, or cannot be told."""
        started, settings = time.perf_counter(), settings or self._defaults
        metrics.messages_by_kind[metrics.CONFIRMATION].inc()
        self._check(confirmation, settings)
        if not settings.confirm:
            raise ERROR_CONFIRMATION_OFF()
        self._connector.confirm(address.confirmation(confirmation.url, settings.extra_domains))
        _LOGGER.info("confirmed", extra=fields(kind=metrics.CONFIRMATION, ms=_milliseconds(started)))

    def _check(self, delivery: Delivery, settings: Options) -> None:
        """Return nothing, or raise ERROR_UNTRUSTED."""
        topic.check(delivery, settings.topics)
        if signature.is_wanted(delivery, settings.signature):
            url = address.certificate(delivery.envelope.get("signingCertURL"), settings.extra_domains)
            certificate = self._connector.certificate(url)
            signature.verify(delivery, certificate, self._clock(timezone.utc), max_age=settings.signature_max_age)

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


def _report(message: Message, outcome: Event | Ignored, started: float) -> None:
    """Count the outcome, and write the one log line of a message."""
    kind = message.kind.name
    if isinstance(outcome, Ignored):
        metrics.ignored_by_reason[outcome.reason].inc()
        _LOGGER.info("ignored", extra=fields(kind=kind, reason=outcome.reason.value, ms=_milliseconds(started)))
        return
    event_type, severity = outcome.event_type, outcome.severity
    metrics.events_by_type[event_type, severity].inc()
    line = fields(
        kind=kind,
        event_type=event_type.value,
        severity=severity.value,
        key=short_hash(outcome.event_key),
        ms=_milliseconds(started),
    )
    _LOGGER.info("event", extra=line)


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
