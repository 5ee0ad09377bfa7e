"""Metrics. Labels come from closed lists, and start at zero."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, disable_created_metrics

from plugin import version
from plugin.error import ERROR_CODES
from plugin.model.event import EventType, IgnoredReason, Severity
from plugin.ons.kind import KINDS

disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the page and are not used
REGISTRY = CollectorRegistry()
NAMESPACE = "ons_webhook"
REQUEST_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 4.0)

CONFIRMATION, BATCH = "confirmation", "batch"  # deliveries that are no single message
CONFIRMED, FETCHED, FAILED = "confirmed", "fetched", "failed"
METHODS = ("init", "verify", "parse")

_counter = partial(Counter, namespace=NAMESPACE, registry=REGISTRY)
_histogram = partial(Histogram, namespace=NAMESPACE, registry=REGISTRY)

messages = _counter("messages", "Messages, by the kind they were recognised as.", ["kind"])
last_message = Gauge(
    "last_message_timestamp_seconds",
    "When the last message was read, in Unix time; 0 before the first.",
    namespace=NAMESPACE,
    registry=REGISTRY,
)
events = _counter("events", "Events handed to SpaceONE.", ["event_type", "severity"])
ignored = _counter("ignored", "Recognised messages that produced no event, by reason.", ["reason"])
unreadable_fields = _counter("unreadable_fields", "Fields that were left out of an event because they could not be read.")
refusals = _counter("refusals", "Requests refused, by error.", ["error"])
confirmations = _counter("confirmations", "Subscription confirmations, by outcome.", ["outcome"])
certificates = _counter("certificate_fetches", "Fetches of signing certificates, by outcome.", ["outcome"])
memory_failures = _counter("memory_failures", "Alarms that passed without the memory in Redis, because it failed.")
memory_evictions = _counter(
    "memory_evictions",
    "States of alarms that were forgotten before their time, because the memory, or its owner's share of it, was full.",
)
log_lines_dropped = _counter("log_lines_dropped", "Log lines that were dropped, because standard error would have blocked.")
request_seconds = _histogram("request_seconds", "Time to answer a request, by method.", ["method"], buckets=REQUEST_BUCKETS)
held_seconds = _histogram(
    "held_seconds",
    "Time that events waited, because another event of the same alarm had just been answered.",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.0),
)
delivery_delay_seconds = _histogram(
    "delivery_delay_seconds",
    "Time from an event's occurred_at until its message arrived.",
    buckets=(1.0, 5.0, 15.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0),
)

Info("build", "The plugin's version.", namespace=NAMESPACE, registry=REGISTRY).info({"version": version()})
ProcessCollector(registry=REGISTRY)

# Children by label, looked up only once.
messages_by_kind = {name: messages.labels(name) for name in (CONFIRMATION, BATCH, *(kind.name for kind in KINDS))}
events_by_type = {(type_, severity): events.labels(type_.value, severity.value) for type_ in EventType for severity in Severity}
ignored_by_reason = {reason: ignored.labels(reason.value) for reason in IgnoredReason}
confirmations_by_outcome = {outcome: confirmations.labels(outcome) for outcome in (CONFIRMED, FAILED)}
certificates_by_outcome = {outcome: certificates.labels(outcome) for outcome in (FETCHED, FAILED)}
seconds_by_method = {method: request_seconds.labels(method) for method in METHODS}
for code in ERROR_CODES:
    refusals.labels(code)
