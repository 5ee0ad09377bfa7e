"""The fixtures, each of them a case, and what the pure core answers to one.

A fixture file is either a message, or a case: an object with `data` (the message) and, where the case needs them, `options`
(the webhook's options) and `now` (the time, ISO 8601 with an offset). Beside each stands its golden, the expected answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from dateutil.parser import isoparse
from google.protobuf.struct_pb2 import Struct

from corpus.signing import CERTIFICATE
from plugin.connector.local_memory import LocalMemory
from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_ONS
from plugin.interface.grpc.struct import to_dict
from plugin.manager.event_manager import EventManager
from plugin.manager.subscription_manager import SubscriptionManager
from plugin.manager.trust_manager import TrustManager
from plugin.manager.worker import Worker
from plugin.model.event import Event, Ignored, Outcome
from plugin.ons.check.address import CertificateUrl, ConfirmationUrl
from plugin.ons.check.order import Memory
from plugin.setting.option import Options

FIXTURES = Path(__file__).resolve().parent.parent / "fixture"
CASES = sorted(path for path in FIXTURES.glob("*/*.json") if not path.name.endswith(".golden.json"))
CASE_KEYS = {"data", "options", "now"}


@dataclass(frozen=True)
class Case:
    """A message, the options of the webhook that it comes by, and the time of its arrival (None: any)."""

    data: dict[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    now: datetime | None = None


def case_name(path: Path) -> str:
    """Return `kind/name` of a fixture file."""
    return f"{path.parent.name}/{path.stem}"


def golden(path: Path) -> Path:
    """Return the file with the expected answer to a fixture."""
    return path.with_suffix(".golden.json")


def load(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def load_case(path: Path) -> Case:
    """Return the case in a fixture file, as it arrives over gRPC."""
    content, message = load(path), load_message(path)
    if message is content:
        return Case(arrived(message))
    now = isoparse(content["now"]) if "now" in content else None
    return Case(arrived(message), arrived(content.get("options", {})), now)


def load_message(path: Path) -> dict[str, Any]:
    """Return the message in a fixture file as it was sent, without the options and the time of its case."""
    content = load(path)
    return content["data"] if "data" in content and content.keys() <= CASE_KEYS else content


def arrived(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as the plugin gets it: through a Struct, without key order and with floats."""
    struct = Struct()
    struct.update(data)
    return to_dict(Struct.FromString(struct.SerializeToString()))


def answer(case: Case | Mapping[str, Any]) -> dict[str, Any]:
    """Return `{"event"}`, `{"ignored"}` or `{"error"}`, `{"outcomes"}` where there are several, or `{"confirm"}` with the link.

    The plugin's own managers answer, with nothing remembered and without Oracle.
    """
    case = case if isinstance(case, Case) else Case(dict(case))
    oracle, now = Oracle(), case.now
    try:
        outcomes = Plugin(oracle=oracle, clock=lambda zone: now or datetime.now(zone)).outcomes(case.options, case.data)
    except ERROR_ONS as e:
        return {"error": {"code": e.error_code, "status": e.status_code, "message": e.message}}
    if oracle.confirmed:
        return {"confirm": oracle.confirmed[0]}
    if len(outcomes) != 1:
        return {"outcomes": [_written(outcome) for outcome in outcomes]}
    return _written(outcomes[0])


def _written(outcome: Event | Ignored) -> dict[str, Any]:
    return {"ignored": outcome.reason.value} if isinstance(outcome, Ignored) else {"event": outcome.to_dict()}


def events(answered: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events of an answer."""
    return [outcome["event"] for outcome in answered.get("outcomes", [answered]) if "event" in outcome]


class Oracle(OnsConnector):
    """Stands in for Oracle: writes down what is confirmed and fetched, and has one certificate."""

    def __init__(self) -> None:
        super().__init__()
        self.confirmed: list[str] = []
        self.fetched: list[str] = []

    async def confirm(self, url: ConfirmationUrl, owner: str = "") -> None:
        """Write the link down."""
        self.confirmed.append(url)

    async def certificate(self, url: CertificateUrl, owner: str = "") -> x509.Certificate:
        """Return the certificate of `corpus.signing`."""
        self.fetched.append(url)
        return CERTIFICATE


class Plugin:
    """The plugin's managers, put together and called as if they were synchronous; events are not kept apart in time."""

    def __init__(
        self,
        memory: Memory | None = None,
        oracle: OnsConnector | None = None,
        clock: Callable[[timezone], datetime] = datetime.now,
        **defaults: Any,
    ) -> None:
        options, connector = Options(**defaults), oracle or Oracle()
        trust = TrustManager(connector, clock)
        self.subscriptions = SubscriptionManager(options, connector, trust)
        self.manager = EventManager(
            options, memory or LocalMemory(spacing=0), trust, self.subscriptions, worker=Worker(), clock=clock
        )

    def outcomes(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> list[Outcome]:
        """Return the outcome of a message."""
        return asyncio.run(self.manager.parse(options, data))

    def parse(self, options: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the events of a message, as SpaceONE gets them."""
        return [outcome.to_dict() for outcome in self.outcomes(options, data) if isinstance(outcome, Event)]
