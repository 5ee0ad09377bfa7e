"""Whether a delivery may be acted on: its topic is listed, its signature holds."""

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

    What authenticates a sender is the access key in the webhook's URL, which SpaceONE checks. A signature says that ONS signed,
    not that we asked for it: anybody with an OCI account can have ONS sign. So only a signature together with listed topics
    says whose message it is.
    """

    def __init__(self, connector: OnsConnector, clock: Callable[[timezone], datetime] = datetime.now) -> None:
        super().__init__()
        self._connector = connector
        self._clock = clock

    async def check(self, delivery: Delivery, options: Options, owner: str = "") -> str | None:
        """Return the topic that a verified signature vouches for, or None; raise ERROR_UNTRUSTED for what may not be acted on.

        `owner` is the digest of the webhook's options: outward calls are shared fairly between owners.
        """
        topic.check(delivery, options.topics)
        has_one = "signature" in delivery.envelope
        if options.signature == Signature.REQUIRE and not has_one:
            raise ERROR_SIGNATURE(reason="there is none, and the option signature requires one")
        if not has_one or options.signature == Signature.IGNORE:
            return None
        from plugin.ons.check import signature  # only where there is one to verify: cryptography is a seventh of the memory

        url = address.certificate(delivery.envelope.get("signingCertURL"), options.extra_domains, delivery.topic_id)
        certificate = await self._connector.certificate(url, owner)
        signature.verify(delivery, certificate, self._clock(UTC), max_age=options.signature_max_age)
        return topic.check_signed(delivery, options.topics)
