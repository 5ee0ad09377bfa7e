"""Confirm subscriptions."""

from __future__ import annotations

import logging
import time

from spaceone.core.manager import BaseManager

from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_CONFIRMATION_OFF
from plugin.manager.trust_manager import TrustManager
from plugin.observe import metrics
from plugin.observe.log import fields
from plugin.ons.check import address
from plugin.ons.message import Confirmation
from plugin.setting.option import Options

_LOGGER = logging.getLogger(__name__)


class SubscriptionManager(BaseManager):
    """Confirm subscriptions to ONS.

    Confirming is safe (no SSRF): only confirmation links of Oracle's Notification Service are opened (one pattern for the whole
    URL), without redirects and credentials. The topic then delivers to a webhook whose URL, with its access key, the topic's
    owner already had.
    """

    def __init__(self, defaults: Options, connector: OnsConnector, trust: TrustManager) -> None:
        super().__init__()
        self._defaults = defaults
        self._connector = connector
        self._trust = trust

    async def confirm(self, confirmation: Confirmation, options: Options | None = None, owner: str = "") -> None:
        """Confirm a subscription; raise ERROR_ONS if it is not allowed or fails."""
        started, options = time.perf_counter(), options or self._defaults
        metrics.messages_by_kind[metrics.CONFIRMATION].inc()
        await self._trust.check(confirmation, options, owner)
        if not options.confirm:
            raise ERROR_CONFIRMATION_OFF()
        await self._connector.confirm(address.confirmation(confirmation.url, options.extra_domains), owner)
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        _LOGGER.info("confirmed", extra=fields(kind=metrics.CONFIRMATION, ms=milliseconds))
