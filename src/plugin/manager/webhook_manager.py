"""Metadata of the plugin, and validation of a webhook's options."""

from __future__ import annotations

from typing import TypedDict

from spaceone.core.manager import BaseManager

from plugin.error import ERROR_OPTION
from plugin.model.event import RESOURCE_TYPE
from plugin.ons.read import Body
from plugin.setting import option
from plugin.setting.option import REQUIRE_NEEDS_TOPICS, Options, Signature

DUPLICATE_EVENT_TIME = 7 * 24 * 60 * 60  # seconds; SpaceONE ignores it and uses its own 600


class Metadata(TypedDict):
    """The plugin's metadata, which SpaceONE stores.

    https://github.com/cloudforet-io/api/blob/master/proto/spaceone/api/monitoring/plugin/webhook.proto
    """

    provider: str
    supported_resource_type: list[str]
    duplicate_event_time: int
    options_schema: Body


class WebhookManager(BaseManager):
    """Answer the RPCs of the Webhook service."""

    def __init__(self, defaults: Options) -> None:
        super().__init__()
        self._defaults = defaults

    def metadata(self, options: Body) -> Metadata:
        """Return the metadata. It must be cheap: SpaceONE may ask before every parse."""
        settings, _ = option.merge(options, self._defaults)
        return {
            "provider": settings.provider,
            "supported_resource_type": [RESOURCE_TYPE],
            "duplicate_event_time": DUPLICATE_EVENT_TIME,
            "options_schema": option.SCHEMA,
        }

    def verify(self, options: Body) -> None:
        """Raise ERROR_OPTION for the first bad option.

        A required signature without topics is refused: see `TrustManager`.
        """
        settings, errors = option.merge(options, self._defaults)
        for error in errors:
            raise error
        if settings.signature == Signature.REQUIRE and not settings.topics:
            raise ERROR_OPTION("signature", REQUIRE_NEEDS_TOPICS)
