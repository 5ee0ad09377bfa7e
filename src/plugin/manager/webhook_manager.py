"""What SpaceONE asks of the webhook itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spaceone.core.manager import BaseManager

from plugin import option
from plugin.model.event import RESOURCE_TYPE
from plugin.option import Options

DUPLICATE_EVENT_TIME = 7 * 24 * 60 * 60  # seconds; a wish: the platform goes by its own DUPLICATE_EVENT_TIME of 600


class WebhookManager(BaseManager):
    """Tell what the plugin is, and check a webhook's options."""

    def __init__(self, defaults: Options) -> None:
        super().__init__()
        self._defaults = defaults

    def metadata(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the platform keeps of the plugin. Cheap: it may be asked for before every parse."""
        found, _ = option.given(options, self._defaults)
        return {
            "provider": found.provider,
            "supported_resource_type": [RESOURCE_TYPE],
            "duplicate_event_time": DUPLICATE_EVENT_TIME,
            "options_schema": option.SCHEMA,
        }

    def verify(self, options: Mapping[str, Any]) -> None:
        """Raise ERROR_OPTION for the first option that is unknown or of a wrong type."""
        _, errors = option.given(options, self._defaults)
        for error in errors:
            raise error
