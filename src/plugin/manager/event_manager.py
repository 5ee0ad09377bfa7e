"""From what ONS sent to what SpaceONE is told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from spaceone.core.manager import BaseManager

from plugin import metric, option
from plugin.connector.memory import Memory
from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_CONFIRMATION_OFF
from plugin.log import facts, short_hash
from plugin.model.event import Event, Silent
from plugin.ons import address, guard, signature, topic
from plugin.ons.message import Kind, Message, recognise
from plugin.ons.transform import transform
from plugin.option import SETTINGS, Options

_LOGGER = logging.getLogger(__name__)


class EventManager(BaseManager):
    """Recognise, check, then confirm, or transform and guard."""

    def __init__(self, defaults: Options, memory: Memory, clock: Callable[[timezone], datetime] = datetime.now) -> None:
        super().__init__()
        self._defaults = defaults
        self._memory = memory
        self._clock = clock
        self._connector = OnsConnector()

    def parse(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the events of a message: one, or none if it is known and silent. Raise ERROR_ONS to refuse it."""
        started = time.perf_counter()
        settings = self._settings(options)
        message = recognise(data)
        metric.MESSAGES_OF[message.kind].inc()
        self._check(settings, message)
        if message.kind is Kind.CONFIRMATION:
            self._confirm(settings, message)
            _log("confirmed", message, started)
            return []
        outcome = transform(message, settings)
        if isinstance(outcome, Event) and message.kind in guard.CLOSING:
            outcome = self._guarded(outcome)
        if isinstance(outcome, Silent):
            metric.SILENT_FOR[outcome.reason].inc()
            _log("silent", message, started, reason=outcome.reason.value)
            return []
        event_type, severity = outcome.event_type.value, outcome.severity.value
        metric.EVENTS_OF[outcome.event_type, outcome.severity].inc()
        _log("event", message, started, event_type=event_type, severity=severity, key=short_hash(outcome.event_key))
        return [outcome.to_dict()]

    def _check(self, settings: Options, message: Message) -> None:
        """Return nothing, or raise ERROR_UNTRUSTED."""
        topic.check(message, settings.topics)
        if signature.wanted(message, settings.signature):
            url = address.certificate(message.envelope.get("signingCertURL"), settings.extra_domains)
            certificate = self._connector.certificate(url)
            signature.verify(message, certificate, self._clock(timezone.utc), max_age=settings.signature_max_age)

    def _confirm(self, settings: Options, message: Message) -> None:
        """Tell ONS that the subscription is wanted. ONS takes it as often as it is told."""
        if not settings.confirm:
            raise ERROR_CONFIRMATION_OFF()
        self._connector.confirm(address.confirmation(message.confirmation_url, settings.extra_domains))

    def _guarded(self, event: Event) -> Event | Silent:
        """Return the event, or why it is silent: ONS delivers more than once and in any order."""
        if event.occurred_at is None or guard.of_the_future(event, self._clock(timezone.utc)):
            return event
        return guard.judge(event, self._memory.newest_other(event.event_key, event.event_type, event.occurred_at))

    def _settings(self, options: Mapping[str, Any]) -> Options:
        """Return the options; a bad one is logged and its default taken, unless security hangs on it."""
        if not options:
            return self._defaults
        settings, errors = option.given(options, self._defaults)
        for error in errors:
            name = error.name
            if name in SETTINGS and SETTINGS[name].fails_closed:
                raise error
            _LOGGER.warning("%s", error.message)
        return settings


def _log(what: str, message: Message, started: float, **more: str) -> None:
    """Write the one line of a message."""
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    _LOGGER.info(what, extra=facts(kind=message.kind.value, **more, ms=milliseconds))
