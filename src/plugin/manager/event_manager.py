"""Turn a message of ONS into the events that SpaceONE stores."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
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
from plugin.observe.log import describe_without_text, fields, short_hash
from plugin.ons.check import order
from plugin.ons.check.order import Entry, Memory
from plugin.ons.escalation import split_by_severity
from plugin.ons.message import Batch, Confirmation, Kind, Message
from plugin.ons.read import Body
from plugin.ons.recognise import recognise, recognise_record
from plugin.ons.transform import transform, unknown_records
from plugin.setting import option
from plugin.setting.limits import BATCH_DEADLINE, HOLD_DEADLINE
from plugin.setting.option import SETTINGS, Escalation, Options

_LOGGER = logging.getLogger(__name__)

MAX_BATCH_OUTCOMES = 1000  # of a batch
MAX_BATCH_BYTES = 2 * 1024 * 1024  # of its events; gRPC clients accept replies up to 4 MiB
MAX_HELD_CALLS = 400  # calls that wait for another event of their alarm; above it, calls do not wait
MAX_HELD_PER_OWNER = 100
TOO_MANY_RECORDS = "There are too many records."
TOO_SLOW = "There was no time left for the record."
RECORD_DEFECT = "The plugin itself failed on a record; the log has the error."


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one message, and when its work started (perf_counter)."""

    kind: Kind
    outcome: Outcome
    started_at: float


class EventManager(BaseManager):
    """Answer a message with events, the reasons why it is ignored, or an ERROR_ONS."""

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
        self._held = Counter[str]()  # by owner

    async def parse(self, options: Body, data: Body, *, heavy: bool = False) -> list[Outcome]:
        """Return the outcomes of a message, none for a confirmed subscription; raise ERROR_ONS to refuse it.

        `heavy`: reading the message would block the event loop.
        """
        started = time.perf_counter()
        settings, owner, delivery = await self._worker.run(heavy, self._read, options, data)
        if isinstance(delivery, Confirmation):
            await self._subscriptions.confirm(delivery, settings, owner)
            return []
        verified_topic = await self._trust.check(delivery, settings, owner)
        metrics.last_message.set_to_current_time()
        if isinstance(delivery, Batch):
            outcomes = await self._batch(delivery, settings, owner, verified_topic, started)
        else:
            result = await self._worker.run(heavy, _transform, delivery, settings, started)
            outcomes = await self._apply_order([result], settings, owner, verified_topic)
        _count(outcomes)
        return outcomes

    def _read(self, options: Body, data: Body) -> tuple[Options, str, Message | Batch | Confirmation]:
        """Return the options, the owner and the recognised message; raise ERROR_ONS."""
        return self._settings(options), order.owner_of(options), recognise(data)

    async def check(self) -> None:
        """Raise RuntimeError unless a plain notice becomes an event."""
        message = recognise({"title": "self-check"})
        if not isinstance(message, Message) or not isinstance(transform(message, self._defaults), Event):
            raise RuntimeError("a plain notice becomes no event")

    async def _batch(
        self, batch: Batch, settings: Options, owner: str, verified_topic: str | None, started: float
    ) -> list[Outcome]:
        """Return the outcomes of a batch's records, and one event about the unreadable ones."""
        metrics.messages_by_kind[metrics.BATCH].inc()
        reader = BatchReader(batch, settings, started + BATCH_DEADLINE)
        results = [result for result in await self._worker.each(reader.read, batch.records) if result]
        outcomes = await self._apply_order(results, settings, owner, verified_topic)
        has_events = any(isinstance(outcome, Event) for outcome in outcomes)
        if event := unknown_records(batch, reader.unknown, reader.refused, settings, has_events=has_events):
            outcomes.append(event)
            _log(metrics.BATCH, event, started, self._clock(UTC))
        return outcomes

    async def _apply_order(
        self, results: Sequence[Result], settings: Options, owner: str, verified_topic: str | None
    ) -> list[Outcome]:
        """Return the outcomes, stale ones as Ignored, after the wait for other events of their alarms."""
        now = self._clock(UTC)

        def make_entry(result: Result) -> Entry | None:
            if isinstance(result.outcome, Event):
                return order.entry(result.outcome, result.kind, owner, now, verified_topic)
            return None

        entries = await self._worker.each(make_entry, results)
        newest, wait = await self._memory.exchange([entry for entry in entries if entry], now)
        remembered = iter(newest)

        def resolve(pair: tuple[Result, Entry | None]) -> Sequence[Outcome]:
            result, entry = pair
            outcome = result.outcome
            if entry and isinstance(outcome, Event):
                outcome = order.judge(outcome, entry.state, next(remembered))
            _log(result.kind.name, outcome, result.started_at, now)
            if isinstance(outcome, Event) and result.kind.escalates and settings.escalation == Escalation.SEPARATE:
                return split_by_severity(outcome, settings)
            return [outcome]

        resolved = await self._worker.each(resolve, [*zip(results, entries, strict=True)])
        left = min((result.started_at for result in results), default=0.0) + HOLD_DEADLINE - time.perf_counter()
        await self._hold(min(wait, left), owner)
        return [outcome for outcomes in resolved for outcome in outcomes]

    async def _hold(self, wait: float, owner: str) -> None:
        """Space out two events of one alarm.

        A race in SpaceONE: two REST workers answered at the same time both find no open alert and open two, of which a recovery
        closes one.
        """
        if wait <= 0 or self._held[owner] >= MAX_HELD_PER_OWNER or self._held.total() >= MAX_HELD_CALLS:
            return
        self._held[owner] += 1
        try:
            await asyncio.sleep(wait)
        finally:
            self._held[owner] -= 1
            self._held = +self._held  # drops zeros
            metrics.held_seconds.observe(wait)

    def _settings(self, options: Body) -> Options:
        """Return the options. A bad one is logged and replaced by its default, or raised if it fails closed."""
        if not options:
            return self._defaults
        settings, errors = option.merge(options, self._defaults)
        for error in errors:
            if error.name in SETTINGS and SETTINGS[error.name].fails_closed:
                raise error
            _LOGGER.warning("%s", error.message)
        return settings


def _transform(message: Message, settings: Options, started: float) -> Result:
    """Return the result of one message; raise ERROR_FIELD."""
    metrics.messages_by_kind[message.kind.name].inc()
    outcome = transform(message, settings)
    if message.fields.unreadable:
        metrics.unreadable_fields.inc(len(message.fields.unreadable))
    return Result(message.kind, outcome, started)


class BatchReader:
    """Reads the records of a batch: an error affects only its record; number, size and time are bounded."""

    def __init__(self, batch: Batch, settings: Options, deadline: float) -> None:
        self.unknown = 0  # records of no known kind
        self.refused: list[str] = []  # reasons of the others
        self._batch = batch
        self._settings = settings
        self._deadline = deadline
        self._outcomes_left, self._bytes_left = MAX_BATCH_OUTCOMES, MAX_BATCH_BYTES

    def read(self, record: object) -> Result | None:
        """Return the result of a record, or None if it is refused or of no known kind."""
        started = time.perf_counter()
        if self._outcomes_left <= 0 or self._bytes_left < 0:
            self.refused.append(TOO_MANY_RECORDS)
        elif started > self._deadline:
            self.refused.append(TOO_SLOW)
        elif message := recognise_record(record, self._batch):
            return self._transform(message, started)
        else:
            self.unknown += 1
        return None

    def _transform(self, message: Message, started: float) -> Result | None:
        try:
            result = _transform(message, self._settings, started)
            self._outcomes_left -= 1
            self._bytes_left -= result.outcome.size if isinstance(result.outcome, Event) else 0
        except ERROR_MESSAGE as e:
            metrics.refusals.labels(e.error_code).inc()
            self.refused.append(e.message)
        except Exception as e:  # noqa: BLE001 - the other records are kept
            _LOGGER.error("defect: %s", describe_without_text(e))
            self.refused.append(RECORD_DEFECT)
        else:
            return result
        return None


def _count(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Ignored):
            metrics.ignored_by_reason[outcome.reason].inc()
        else:
            metrics.events_by_type[outcome.event_type, outcome.severity].inc()


def _log(kind: str, outcome: Outcome, started: float, now: datetime) -> None:
    """Log the message, and observe its delivery delay."""
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
