"""From what ONS sent to what SpaceONE is told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from spaceone.core.manager import BaseManager

from plugin import option
from plugin.model.event import Silent
from plugin.ons.message import recognise
from plugin.ons.transform import transform
from plugin.option import SETTINGS, Options

_LOGGER = logging.getLogger(__name__)


class EventManager(BaseManager):
    """Recognise, check, transform."""

    def __init__(self, defaults: Options) -> None:
        super().__init__()
        self._defaults = defaults

    def parse(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the events of a message: one, or none if it is known and silent. Raise ERROR_ONS to refuse it."""
        settings = self._settings(options)
        message = recognise(data)
        outcome = transform(message, settings)
        if isinstance(outcome, Silent):
            _LOGGER.info("%s: silent (%s)", message.kind.value, outcome.reason.value)
            return []
        event = outcome.to_dict()
        _LOGGER.info("%s: %s %s", message.kind.value, event["event_type"], event["severity"])
        return [event]

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
