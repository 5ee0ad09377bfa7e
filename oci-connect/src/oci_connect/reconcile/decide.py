"""Decide what to do about each alarm: a pure function of OCI's states and SpaceONE's records.

Two rules apply to all decisions. The newer information wins: OCI's answer may be minutes old, and a message delivered since is
newer. And a message made here has the time of OCI's transition, so that the plugin ignores it if it is stale. `now` is OCI's
clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oci_connect.reconcile.message import subject_of
from oci_connect.reconcile.state import (
    FIRING,
    GONE,
    OK,
    SEVERITIES,
    SUSPENDED,
    UNKNOWN,
    Alert,
    Condition,
    Decision,
    Event,
    Kind,
    Post,
    Record,
    Settings,
    Subject,
)  # fmt: skip

REPEAT_AFTER = timedelta(minutes=4)  # since the newest firing was stored
WINDOW = timedelta(seconds=570)  # SpaceONE's 600 s with a margin: a repeat after it would open a second alert

DISABLED = "the alarm was disabled in OCI"
DELETED = "the alarm was deleted in OCI"
NO_ANSWER = "OCI did not report its state"
NO_TIME = "OCI does not say since when"
NO_EVENT = "it fires, and SpaceONE never stored an event of it, so its dedupeKey is not known"
NEWER_MESSAGE = "a message of {at:%Y-%m-%d %H:%M:%S} is younger than OCI's answer"
SETTLING = "it changed less than {minutes:g} minutes ago, and the message may be on its way"
OVERRULED = "it fires, and somebody resolved it after it fired"
MANUAL = " The project resolves by hand (recovery mode MANUAL): resolve it in the console."
NO_POST = " The webhook takes signed messages alone, so that none can be sent."


def decide(
    conditions: Mapping[Subject, Condition], records: Mapping[Subject, Record], settings: Settings, now: datetime
) -> list[Decision]:
    """Return a decision for each subject; alarms that are OK and have no open alert are left out."""
    decisions = []
    for subject in dict.fromkeys([*records, *conditions]):
        record = records.get(subject, Record())
        condition = conditions.get(subject, Condition(UNKNOWN, reason=NO_ANSWER))
        if record.open or (condition.status == FIRING and not condition.is_split):
            decisions.append(_Case(subject, condition, record, settings, now).decide())
    return decisions


@dataclass(frozen=True)
class _Case:
    subject: Subject
    condition: Condition
    record: Record
    settings: Settings
    now: datetime

    def decide(self) -> Decision:
        condition = self.condition
        if condition.status == GONE or (not condition.is_enabled and condition.status != OK):
            return self._gone()
        if condition.status in (UNKNOWN, SUSPENDED):
            kind = Kind.UNKNOWN if condition.status == UNKNOWN else Kind.SUPPRESSED
            return self._tell(kind, condition.reason or "OCI has suspended it")
        if condition.since is None:
            return self._tell(Kind.UNKNOWN, NO_TIME)
        return self._ok(condition.since) if condition.status == OK else self._firing(condition.since)

    def _gone(self) -> Decision:
        kind, why = Kind.DISABLED, DISABLED
        if self.condition.status == GONE:
            kind, why = Kind.GONE, self.condition.reason or DELETED
        reason = f"{why}, and its alert is open"
        if not self.settings.gone:
            return self._tell(kind, f"{reason}: --gone resolves it")
        return self._resolve(self._tell(kind, reason), self.record.open)

    def _ok(self, since: datetime) -> Decision:
        firings = [event for alert in self.record.open for event in alert.firings]
        if held := self._hold(since, [*firings, *(event for event in self.record.events if event.is_alert)]):
            return held
        stale = self._tell(Kind.STALE, f"OK in OCI since {since:%Y-%m-%d %H:%M:%S} UTC, and its alert is open")
        if not self.settings.resolves:
            return replace(stale, reason=stale.reason + MANUAL)
        return self._resolve(self._post(stale, "FIRING_TO_OK", since), self.record.open)

    def _firing(self, since: datetime) -> Decision:
        known = self.condition.severity in SEVERITIES
        right = [alert for alert in self.record.open if not known or alert.severity in ("", self.condition.severity)]
        if right:
            return self._open(since, right)
        if self.record.is_elsewhere:
            return self._tell(Kind.AGREE, "it fires, and its alert is open in another webhook of the project")
        if self.condition.is_suppressed:
            return self._tell(Kind.SUPPRESSED, "it fires, and OCI suppresses it")
        if not self._events:
            return self._tell(Kind.UNKNOWN, NO_EVENT)
        if held := self._hold(since, [event for event in self._events if self._contradicts(event)]):
            return held
        if self.record.overruled and self.record.overruled > since:
            return self._tell(Kind.HELD, OVERRULED)
        kind = Kind.SEVERITY if self.record.open else Kind.MISSING
        told = f"{self.condition.severity} in OCI since {since:%Y-%m-%d %H:%M:%S} UTC, and no alert of it is open"
        return self._resolve(self._post(self._tell(kind, told), "OK_TO_FIRING", since), self.record.open)

    def _open(self, since: datetime, right: list[Alert]) -> Decision:
        kept = max(right, key=lambda alert: (alert.last_firing, alert.opened))
        # Only alerts with the same key are duplicates: two keys of one alarm may be two streams.
        others = tuple(each for each in self.record.open if each.id != kept.id and each.alarm_key == kept.alarm_key)
        if others:
            younger = [each for other in others for each in other.events if each.is_alert and self._contradicts(each)]
            if any(each.occurred > since for each in younger):
                return self._tell(Kind.HELD, NEWER_MESSAGE.format(at=max(each.occurred for each in younger)))
            kind = Kind.DOUBLE if any(each in right for each in others) else Kind.SEVERITY
            return self._resolve(self._tell(kind, f"{len(others) + 1} alerts are open, and one is right"), others)
        quiet = self.now - kept.last_firing
        wants_life = self.settings.keep_alive and self.settings.posts and not self.condition.is_suppressed
        if wants_life and REPEAT_AFTER <= quiet <= WINDOW and kept.firings:
            told = self._tell(Kind.ALIVE, f"it fires, and was last told {quiet.total_seconds() / 60:.0f} minutes ago")
            return self._post(told, "REPEAT", since)
        return self._tell(Kind.AGREE, "it fires, and its alert is open")

    def _contradicts(self, event: Event) -> bool:
        """Say whether an event contradicts OCI's state or severity.

        Of two severities at the same time the higher one counts, as in the plugin.
        """
        said = self.condition.severity
        is_same = said not in SEVERITIES or event.severity in ("", said)
        if is_same or not event.is_alert:
            return event.is_alert != is_same
        return event.occurred != self.condition.since or SEVERITIES.index(event.severity) > SEVERITIES.index(said)

    def _hold(self, since: datetime, events: list[Event]) -> Decision | None:
        """Return HELD if a stored event of the other state is newer, or OCI's state has not settled."""
        newest = max((event.occurred for event in events), default=since)
        if newest >= since and events:
            return self._tell(Kind.HELD, NEWER_MESSAGE.format(at=newest))
        if self.now - since < self.settings.settle:
            return self._tell(Kind.HELD, SETTLING.format(minutes=self.settings.settle.total_seconds() / 60))
        return None

    @property
    def _events(self) -> list[Event]:
        """The stored events of the subject, the best template of a message first.

        Firings, which name the stream, come first, then messages that name the alarm.
        """

        def rank(event: Event) -> tuple[bool, bool, datetime]:
            subject = subject_of(event.raw)
            return event.is_alert, bool(subject and subject.alarm == self.subject.alarm), event.stored

        known = [*(event for alert in self.record.open for event in alert.events), *self.record.events]
        return sorted(known, key=rank, reverse=True)

    def _tell(self, kind: Kind, reason: str) -> Decision:
        name = self.condition.name or next((alert.title for alert in self.record.open), self.subject.alarm)
        return Decision(kind, self.subject, name, reason, self.condition.since)

    def _post(self, decision: Decision, kind: str, since: datetime) -> Decision:
        if not self.settings.posts or not self._events:
            return replace(decision, reason=decision.reason + ("" if self.settings.posts else NO_POST))
        return replace(decision, post=Post(kind, self._events[0].raw, since, self.condition.severity))

    def _resolve(self, decision: Decision, alerts: tuple[Alert, ...]) -> Decision:
        if not self.settings.resolves:
            return replace(decision, reason=decision.reason + MANUAL) if alerts else decision
        return replace(decision, resolve=alerts)
