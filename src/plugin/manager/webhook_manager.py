"""What the plugin is, and whether a webhook's options are valid."""

from __future__ import annotations

from typing import TypedDict

from spaceone.core.manager import BaseManager

from plugin.error import ERROR_OPTION
from plugin.model.event import RESOURCE_TYPE
from plugin.ons.read import Body
from plugin.setting import option
from plugin.setting.option import REQUIRE_NEEDS_TOPICS, Options, Signature

DUPLICATE_EVENT_TIME = 7 * 24 * 60 * 60  # seconds; a wish: the platform goes by its own DUPLICATE_EVENT_TIME of 600


class Metadata(TypedDict):
    """What SpaceONE keeps of the plugin.

    https://github.com/cloudforet-io/api/blob/master/proto/spaceone/api/monitoring/plugin/webhook.proto
    """

    provider: str
    supported_resource_type: list[str]
    duplicate_event_time: int
    options_schema: Body


class WebhookManager(BaseManager):
    """Answer what SpaceONE asks of the webhook itself."""

    def __init__(self, defaults: Options) -> None:
        super().__init__()
        self._defaults = defaults

    def metadata(self, options: Body) -> Metadata:
        """Return what the platform keeps of the plugin. It may ask before every parse, so this is cheap."""
        settings, _ = option.merge(options, self._defaults)
        return {
            "provider": settings.provider,
            "supported_resource_type": [RESOURCE_TYPE],
            "duplicate_event_time": DUPLICATE_EVENT_TIME,
            "options_schema": option.SCHEMA,
        }

    def verify(self, options: Body) -> None:
        """Raise ERROR_OPTION for the first option that is unknown or of a wrong type, or that promises too much.

        A required signature proves that ONS signed, and anybody with an OCI account can have ONS sign: only together with
        topics does it say whose message it is.
        """
        settings, errors = option.merge(options, self._defaults)
        for error in errors:
            raise error
        if settings.signature == Signature.REQUIRE and not settings.topics:
            raise ERROR_OPTION("signature", REQUIRE_NEEDS_TOPICS)
