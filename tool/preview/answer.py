"""Run the plugin in this process, without network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509

from plugin.connector.local_memory import LocalMemory
from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_CERTIFICATE, ERROR_DEFECT, ERROR_ONS
from plugin.manager.event_manager import EventManager
from plugin.manager.subscription_manager import SubscriptionManager
from plugin.manager.trust_manager import TrustManager
from plugin.manager.worker import Worker
from plugin.model.event import Event, IgnoredReason
from plugin.ons.check.address import CertificateUrl, ConfirmationUrl
from plugin.setting.option import Options

CALLS_NOBODY = "the preview calls nobody"


@dataclass(frozen=True)
class Answer:
    """Exactly one of: events, reasons to ignore the message, a confirmation link, a refusal."""

    events: Sequence[Mapping[str, Any]] = ()
    ignored: Sequence[IgnoredReason] = ()
    link: str = ""
    refusal: ERROR_ONS | None = None


@dataclass
class Offline(OnsConnector):
    """A stand-in for Oracle: records links instead of opening them, and has no certificate."""

    links: list[str] = field(default_factory=list)

    async def confirm(self, url: ConfirmationUrl, owner: str = "") -> None:  # noqa: ARG002 - the interface
        """Record the link."""
        self.links.append(url)

    async def certificate(self, url: CertificateUrl, owner: str = "") -> x509.Certificate:  # noqa: ARG002 - the interface
        """Raise ERROR_CERTIFICATE."""
        raise ERROR_CERTIFICATE(reason=CALLS_NOBODY)


class Plugin:
    """The plugin's managers with their own memory; `now` is the time of the next message."""

    def __init__(self, options: Mapping[str, Any], now: datetime) -> None:
        self.now = now
        self._options = options
        self._oracle = Offline()
        trust = TrustManager(self._oracle, self._clock)
        defaults = Options()
        subscriptions = SubscriptionManager(defaults, self._oracle, trust)
        memory = LocalMemory(spacing=0)
        self._manager = EventManager(defaults, memory, trust, subscriptions, worker=Worker(), clock=self._clock)

    async def answer(self, data: Mapping[str, Any]) -> Answer:
        """Return the outcome of a message."""
        self._oracle.links.clear()
        try:
            outcomes = await self._manager.parse(self._options, dict(data))
        except ERROR_ONS as e:
            return Answer(refusal=e)
        except Exception as e:  # noqa: BLE001 - as the plugin's gRPC boundary does
            return Answer(refusal=ERROR_DEFECT(kind=type(e).__name__))
        return Answer(
            events=[each.to_dict() for each in outcomes if isinstance(each, Event)],
            ignored=[each.reason for each in outcomes if not isinstance(each, Event)],
            link=next(iter(self._oracle.links), ""),
        )

    def _clock(self, _: object) -> datetime:
        return self.now
