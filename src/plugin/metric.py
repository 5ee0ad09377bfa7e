"""What is counted. Labels are out of closed lists, and each is there at zero from the start."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector, disable_created_metrics

from plugin.error import FAMILY
from plugin.model.event import EventType, Reason, Severity
from plugin.ons.message import Kind
from plugin.process import version

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time beside each count doubles the page, and nothing here reads it
REGISTRY = CollectorRegistry()
PREFIX = "ons_webhook"
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 4.0)

CONFIRMED, FETCHED, FAILED = "confirmed", "fetched", "failed"

MESSAGES = Counter(f"{PREFIX}_messages", "Messages by the kind they were recognised as.", ["kind"], registry=REGISTRY)
EVENTS = Counter(f"{PREFIX}_events", "Events handed to SpaceONE.", ["event_type", "severity"], registry=REGISTRY)
SILENT = Counter(f"{PREFIX}_silent", "Messages that are known and no event, by reason.", ["reason"], registry=REGISTRY)
REFUSALS = Counter(f"{PREFIX}_refusals", "Requests refused, by error.", ["error"], registry=REGISTRY)
CONFIRMATIONS = Counter(f"{PREFIX}_confirmations", "Subscription confirmations, by outcome.", ["outcome"], registry=REGISTRY)
CERTIFICATES = Counter(f"{PREFIX}_certificate_fetches", "Signing certificates, by outcome.", ["outcome"], registry=REGISTRY)
PARSE = Histogram(f"{PREFIX}_parse_seconds", "How long a parse takes.", buckets=SECONDS, registry=REGISTRY)

Info(f"{PREFIX}_build", "The plugin's version.", registry=REGISTRY).info({"version": version()})
ProcessCollector(registry=REGISTRY)

MESSAGES_OF = {kind: MESSAGES.labels(kind.value) for kind in Kind}
EVENTS_OF = {(type_, severity): EVENTS.labels(type_.value, severity.value) for type_ in EventType for severity in Severity}
SILENT_FOR = {reason: SILENT.labels(reason.value) for reason in Reason}
REFUSALS_BY = {error.__name__: REFUSALS.labels(error.__name__) for error in FAMILY}
CONFIRMATIONS_THAT = {outcome: CONFIRMATIONS.labels(outcome) for outcome in (CONFIRMED, FAILED)}
CERTIFICATES_THAT = {outcome: CERTIFICATES.labels(outcome) for outcome in (FETCHED, FAILED)}
