"""One cycle: read OCI and SpaceONE, decide, and stop if too much would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from oci_connect.reconcile.act import TRIES, Actor, SpaceOne, count_tries
from oci_connect.reconcile.alarms import Alarms
from oci_connect.reconcile.decide import decide
from oci_connect.reconcile.message import canonical
from oci_connect.reconcile.state import DRIFT, Alert, Condition, Decision, Kind, Settings, Subject
from oci_connect.reconcile.stored import Stored, collect

MAX_CHANGES = 20
MAX_SHARE = 0.3  # of the open alerts that one cycle resolves ...
MIN_ALERTS = 5  # ... where it resolves more than these
TOO_MANY = "{number} changes are due, and --most-changes is {most}: look at them with drift, and allow so many once"
TOO_MANY_RESOLVED = "{number} of {all} open alerts would be resolved, which is more than {share:.0%}: look at them with drift"


class Oci(Protocol):
    """The reader of OCI."""

    def read(self) -> Alarms:
        """Return the conditions of all alarms."""

    def look(self, alarm: str) -> Condition:
        """Return the condition of an alarm that is in no list."""


@dataclass
class Report:
    """The result of a cycle."""

    decisions: list[Decision] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)  # compartments that OCI did not answer for
    open: int = 0
    others: int = 0
    refusal: str = ""  # why nothing was done
    done: dict[str, int] = field(default_factory=dict)

    @property
    def kinds(self) -> Counter[Kind]:
        """The number of subjects by kind."""
        return Counter(decision.kind for decision in self.decisions)

    @property
    def drifts(self) -> bool:
        """Whether there is drift."""
        return any(self.kinds[kind] for kind in DRIFT)


@dataclass
class Cycle:
    """Reads, decides and acts."""

    oci: Oci
    spaceone: SpaceOne
    settings: Settings
    replays: bool = True
    most_changes: int = MAX_CHANGES
    concerns: Callable[[Alarms, str], bool] = lambda _alarms, _alarm: True

    def look(self) -> Report:
        """Read, and decide; change nothing."""
        alarms = self.oci.read()
        stored = collect(self.spaceone, alarms.conditions, self.oci.look, lambda alarm: self.concerns(alarms, alarm))
        errors = self.spaceone.error_alerts()
        decisions = [self._failed(alerts) for alerts in _by_message(errors)]
        now = alarms.now or datetime.fromtimestamp(0, UTC)  # without an answer of OCI nothing is decided
        decisions += decide(stored.conditions, stored.records, self.settings, now)
        return Report(decisions, alarms.unanswered, _open(stored), len(stored.others))

    def heal(self, tell: Callable[[str, str, str], object], before: Callable[[Report], object] = lambda _: None) -> Report:
        """Replay failed messages, read again, and carry out the decisions. `before` gets the plan."""
        report = self.look()
        report.refusal = self._refuse(report)
        before(report)
        if report.refusal:
            return report
        actor = Actor(self.spaceone, tell)
        failed = [each for each in report.decisions if each.kind is Kind.FAILED and each.resolve]
        for decision in failed:
            actor.replay(decision.resolve)
        if failed:
            after = self.look()
            report.decisions, report.open = after.decisions, after.open
            report.refusal = self._refuse(report)
        if not report.refusal:
            for decision in sorted(report.decisions, key=lambda each: each.kind is not Kind.ALIVE):  # before its window ends
                if decision.kind is not Kind.FAILED:
                    actor.carry_out(decision)
        report.done = actor.done
        return report

    def _failed(self, alerts: tuple[Alert, ...]) -> Decision:
        alert = alerts[0]
        event = next(iter(alert.events), None)
        why = " ".join((event.description if event else "").split())[:200] or "no reason is stored"
        told = Decision(Kind.FAILED, Subject(alert.id), alert.title, f"a message failed: {why}", alert.opened)
        if not event or not event.raw or not self.replays or not self.settings.posts:
            return told
        if count_tries(self.spaceone.notes(alert.id)) >= TRIES:
            return _because(told, f"{told.reason} ({TRIES} more tries failed: it is left to you)")
        return Decision(told.kind, told.subject, told.name, told.reason, told.since, resolve=alerts)

    def _refuse(self, report: Report) -> str:
        """Return why a cycle would change too much, or "" (safety limit: an empty answer would resolve all alerts)."""
        resolved = sum(len(each.resolve) for each in report.decisions if each.kind is not Kind.FAILED)
        opened = sum(bool(each.post) for each in report.decisions if each.kind in (Kind.MISSING, Kind.SEVERITY))
        replays = sum(bool(each.resolve) for each in report.decisions if each.kind is Kind.FAILED)
        if resolved + opened + replays > self.most_changes:
            return TOO_MANY.format(number=resolved + opened + replays, most=self.most_changes)
        if resolved > MIN_ALERTS and resolved > MAX_SHARE * report.open:
            return TOO_MANY_RESOLVED.format(number=resolved, all=report.open, share=MAX_SHARE)
        return ""


def _by_message(errors: list[Alert]) -> list[tuple[Alert, ...]]:
    """Return the ERROR alerts of each message together: it is posted once."""
    found: dict[str, tuple[Alert, ...]] = {}
    for alert in errors:
        key = canonical(alert.events[0].raw) if alert.events and alert.events[0].raw else alert.id
        found[key] = (*found.get(key, ()), alert)
    return list(found.values())


def _because(decision: Decision, reason: str) -> Decision:
    return Decision(decision.kind, decision.subject, decision.name, reason, decision.since)


def _open(stored: Stored) -> int:
    return sum(len(record.open) for record in stored.records.values()) + len(stored.others)
