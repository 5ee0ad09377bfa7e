"""Check whether a delivery is trusted: its topic and its signature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timezone

from spaceone.core.manager import BaseManager

from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_SIGNATURE
from plugin.ons.check import address, topic
from plugin.ons.message import Delivery
from plugin.setting.option import Options, Signature


class TrustManager(BaseManager):
    """Check a delivery as the webhook's options ask.

    The access key in the webhook's URL, which SpaceONE checks, authenticates the sender. A signature only proves that ONS sent
    the message, and anybody with an OCI account can publish through ONS. Only together with listed topics does it identify the
    sender.
    """

    def __init__(self, connector: OnsConnector, clock: Callable[[timezone], datetime] = datetime.now) -> None:
        super().__init__()
        self._connector = connector
        self._clock = clock

    async def check(self, delivery: Delivery, options: Options, owner: str = "") -> str | None:
        """Return the topic of a verified signature, or None; raise ERROR_UNTRUSTED.

        `owner` is the digest of the webhook's options: outward calls are shared fairly between owners.
        """
        topic.check(delivery, options.topics)
        is_signed = "signature" in delivery.envelope
        if options.signature == Signature.REQUIRE and not is_signed:
            raise ERROR_SIGNATURE(reason="the message has no signature, and the option signature requires one")
        if not is_signed or options.signature == Signature.IGNORE:
            return None
        from plugin.ons.check import signature  # 14 % of the memory: only where it is used

        url = address.certificate(delivery.envelope.get("signingCertURL"), options.extra_domains, delivery.topic_id)
        certificate = await self._connector.certificate(url, owner)
        signature.verify(delivery, certificate, self._clock(UTC), max_age=options.signature_max_age)
        return topic.check_signed(delivery, options.topics)
