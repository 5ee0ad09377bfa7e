"""From what ONS sent to the events that SpaceONE stores."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timezone

from spaceone.core.manager import BaseManager

from plugin.error import ERROR_MESSAGE
from plugin.manager.subscription_manager import SubscriptionManager
from plugin.manager.trust_manager import TrustManager
from plugin.manager.worker import Worker
from plugin.model.event import Event, Ignored, Outcome
from plugin.observe import metrics
from plugin.observe.defect import describe_without_text
from plugin.observe.log import fields, short_hash
from plugin.ons.check import order
from plugin.ons.check.order import Memory
from plugin.ons.escalation import separated
from plugin.ons.message import Batch, Confirmation, Kind, Message
from plugin.ons.read import Body
from plugin.ons.recognise import recognise
from plugin.ons.transform import transform, unknown_records
from plugin.setting import option
from plugin.setting.limits import BATCH_DEADLINE, LIGHT_RECORDS
from plugin.setting.option import SETTINGS, Escalation, Options

_LOGGER = logging.getLogger(__name__)

MAX_OUTCOMES = 1000  # of a batch
MAX_BATCH_BYTES = 2 * 1024 * 1024  # of its events; a client of gRPC takes replies of at most 4 MiB
MAX_HELD = 200  # calls that wait at once for another event of their alarm; a further one does not wait
TOO_MANY = "There are too many records."
TOO_SLOW = "There was no time left for the record."
DEFECT = "The plugin has a defect that this record meets."


@dataclass(frozen=True, slots=True)
class Result:
    """What becomes of one message, and since when it was worked on (a reading of perf_counter)."""

    kind: Kind
    outcome: Outcome
    started: float


class EventManager(BaseManager):
    """Answer a message with one of three: events, the reasons why it is ignored, or an ERROR_ONS that refuses it by name."""

    def __init__(
        self,
        defaults: Options,
        memory: Memory,
        trust: TrustManager,
        subscriptions: SubscriptionManager,
        *,
        worker: Worker,
        clock: Callable[[timezone], datetime] = datetime.now,
    ) -> None:
        super().__init__()
        self._defaults = defaults
        self._memory = memory
        self._trust = trust
        self._subscriptions = subscriptions
        self._worker = worker
        self._clock = clock
        self._held = 0

    async def parse(self, options: Body, data: Body, *, heavy: bool = False) -> list[Outcome]:
        """Return what becomes of a message: events, or why there are none; nothing for a confirmed subscription.

        `heavy` says that reading the message would hold the event loop. Raise ERROR_ONS to refuse it.
        """
        started = time.perf_counter()
        settings, owner = self._settings(options), order.owner_of(options)
        delivery = await self._worker.run(heavy, recognise, data)
        if isinstance(delivery, Confirmation):
            await self._subscriptions.confirm(delivery, settings, owner)
            return []
        verified_topic = await self._trust.check(delivery, settings, owner)
        metrics.last_message.set_to_current_time()
        refused: list[str] = []
        if isinstance(delivery, Batch):
            metrics.messages_by_kind[metrics.BATCH].inc()
            heavy = heavy or len(delivery.messages) > LIGHT_RECORDS
            results, refused = await self._worker.run(heavy, _transform_all, delivery, settings, started + BATCH_DEADLINE)
        else:
            results = [await self._worker.run(heavy, _transform, delivery, settings, started)]
        outcomes = await self._in_order(results, settings, owner, verified_topic)
        others = any(isinstance(outcome, Event) for outcome in outcomes)
        if isinstance(delivery, Batch) and (event := unknown_records(delivery, refused, settings, others=others)):
            outcomes.append(event)
            _log(metrics.BATCH, event, started, self._clock(UTC))
        _count(outcomes)
        return outcomes

    async def check(self) -> None:
        """Raise RuntimeError unless a plain notice becomes an event: health says SERVING only after that."""
        message = recognise({"title": "self-check"})
        if not isinstance(message, Message) or not isinstance(transform(message, self._defaults), Event):
            raise RuntimeError("a plain notice becomes no event")

    async def _in_order(
        self, results: Sequence[Result], settings: Options, owner: str, verified_topic: str | None
    ) -> list[Outcome]:
        """Return the outcomes, those that come too late ignored, once no other event of their alarms is on its way."""
        now = self._clock(UTC)
        events = {i: each.outcome for i, each in enumerate(results) if isinstance(each.outcome, Event)}
        entries = {i: order.entry(event, results[i].kind, owner, now, verified_topic) for i, event in events.items()}
        newest, wait = await self._memory.exchange([*entries.values()], now)
        remembered = dict(zip(entries, newest, strict=True))
        outcomes: list[Outcome] = []
        for i, each in enumerate(results):
            event = events.get(i)
            outcome = each.outcome if event is None else order.judge(event, entries[i].state, remembered[i])
            if isinstance(outcome, Event) and each.kind.escalates and settings.escalation == Escalation.SEPARATE:
                outcomes += separated(outcome, settings)
            else:
                outcomes.append(outcome)
            _log(each.kind.name, outcome, each.started, now)
        await self._hold(wait)
        return outcomes

    async def _hold(self, wait: float) -> None:
        """Keep two events of one alarm apart.

        Two of SpaceONE's REST workers that are answered at one moment would both find no open alert, and open two, of which
        the recovery closes one.
        """
        if wait <= 0 or self._held >= MAX_HELD:
            return
        self._held += 1
        try:
            await asyncio.sleep(wait)
        finally:
            self._held -= 1
            metrics.held_seconds.observe(wait)

    def _settings(self, options: Body) -> Options:
        """Return the options; a bad one is logged and its default taken, unless security depends on it."""
        if not options:
            return self._defaults
        settings, errors = option.merge(options, self._defaults)
        for error in errors:
            if error.name in SETTINGS and SETTINGS[error.name].fails_closed:
                raise error
            _LOGGER.warning("%s", error.message)
        return settings


def _transform(message: Message, settings: Options, started: float) -> Result:
    """Return what becomes of one message; raise ERROR_FIELD."""
    metrics.messages_by_kind[message.kind.name].inc()
    outcome = transform(message, settings)
    if message.fields.unreadable:
        metrics.unreadable_fields.inc(len(message.fields.unreadable))
    return Result(message.kind, outcome, started)


def _transform_all(batch: Batch, settings: Options, deadline: float) -> tuple[list[Result], list[str]]:
    """Return what becomes of a batch's records, and why some are refused: any error costs its record alone."""
    results: list[Result] = []
    refused: list[str] = []
    left = MAX_BATCH_BYTES
    for message in batch.messages:
        started = time.perf_counter()
        if len(results) >= MAX_OUTCOMES or left < 0:
            refused.append(TOO_MANY)
        elif started > deadline:
            refused.append(TOO_SLOW)
        else:
            try:
                result = _transform(message, settings, started)
                left -= result.outcome.size if isinstance(result.outcome, Event) else 0
                results.append(result)
            except ERROR_MESSAGE as e:
                metrics.refusals.labels(e.error_code).inc()
                refused.append(e.message)
            except Exception as e:  # noqa: BLE001 - the other records are to be kept
                _LOGGER.error("defect: %s", describe_without_text(e))
                refused.append(DEFECT)
    return results, refused


def _count(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Ignored):
            metrics.ignored_by_reason[outcome.reason].inc()
        else:
            metrics.events_by_type[outcome.event_type, outcome.severity].inc()


def _log(kind: str, outcome: Outcome, started: float, now: datetime) -> None:
    """Write the one log line of a message, and measure how long it was on its way."""
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    if isinstance(outcome, Ignored):
        _LOGGER.info("ignored", extra=fields(kind=kind, reason=outcome.reason.value, ms=milliseconds))
        return
    if outcome.occurred_at:
        metrics.delivery_delay_seconds.observe(max((now - outcome.occurred_at).total_seconds(), 0.0))
    line = fields(
        kind=kind,
        event_type=outcome.event_type.value,
        severity=outcome.severity.value,
        key=short_hash(outcome.event_key),
        ms=milliseconds,
    )
    _LOGGER.info("event", extra=line)
