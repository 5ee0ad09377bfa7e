"""SpaceONE's alerts and events, grouped by alarm and stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from oci_connect.reconcile.alarms import match
from oci_connect.reconcile.message import subject_of
from oci_connect.reconcile.state import FIRING, OPEN, Alert, Condition, Event, Record, Subject

RESOLVE_DELAY = timedelta(seconds=10)  # maximum, of an alert resolved by a recovery
MIN_HISTORY = 50  # events of an alarm that are always read
MARK = "oci-connect reconcile: "  # our notes begin so


class Reader(Protocol):
    """The reader of SpaceONE."""

    def open_alerts(self) -> list[Alert]:
        """Return the open alerts, each with its newest events."""

    def events_of_alarm(self, alarm: str) -> Iterable[Event]:
        """Return the events that name an alarm, the newest first; only those that are looked at are read."""

    def alert(self, alert_id: str) -> Alert | None:
        """Return an alert with its newest events, or None if it is gone."""

    def notes(self, alert_id: str) -> list[str]:
        """Return the notes on an alert."""


@dataclass
class Stored:
    """The records and the conditions of the same subjects; `others` are alerts of no alarm: problems, events, notices."""

    records: dict[Subject, Record] = field(default_factory=dict)
    conditions: dict[Subject, Condition] = field(default_factory=dict)
    others: list[Alert] = field(default_factory=list)


def collect(
    reader: Reader,
    told: Mapping[Subject, Condition],
    look: Callable[[str], Condition],
    concerns: Callable[[str], bool] = lambda _: True,
) -> Stored:
    """Read the open alerts, and the history of firing alarms without one; `look` reads an alarm that is in no list.

    `concerns` says whether an alarm notifies the webhook.
    """
    stored = Stored()
    grouped: dict[Subject, list[Alert]] = {}
    is_split = _is_split(told)
    for alert in reader.open_alerts():
        events = [*alert.firings, *alert.events]
        subject = next(filter(None, (subject_of(event.raw, is_split, event.alarm) for event in events)), None)
        if subject:
            grouped.setdefault(subject, []).append(alert)
        else:
            stored.others.append(alert)
    stored.conditions = _conditions(grouped, told, look)
    stored.records = {subject: Record(tuple(alerts)) for subject, alerts in grouped.items()}
    for alarm in _without_alert(stored, told):
        _add_history(reader, stored, told, alarm, concerns(alarm))
    return stored


def _is_split(told: Mapping[Subject, Condition]) -> Callable[[str], bool]:
    return lambda alarm: Subject(alarm) in told and told[Subject(alarm)].is_split


def _conditions(
    subjects: Iterable[Subject], told: Mapping[Subject, Condition], look: Callable[[str], Condition]
) -> dict[Subject, Condition]:
    """Return the condition of each subject with an open alert; an alarm in no list is read individually."""
    seen: dict[str, Condition] = {}
    conditions: dict[Subject, Condition] = {}
    for subject in subjects:
        if Subject(subject.alarm) not in told:
            if subject.alarm not in seen:
                seen[subject.alarm] = look(subject.alarm)
            conditions[subject] = seen[subject.alarm]
        else:
            conditions[subject] = match(subject, told)
    return conditions


def _without_alert(stored: Stored, told: Mapping[Subject, Condition]) -> list[str]:
    """Return the firing alarms without an open alert of their severity."""
    right = {
        subject
        for subject, condition in stored.conditions.items()
        if any(alert.severity in ("", condition.severity) for alert in stored.records[subject].open)
    }
    firing = {subject for subject, condition in told.items() if condition.status == FIRING and not condition.is_split}
    open_streams = {subject.alarm: 0 for subject in firing}
    for subject in right:
        if stored.conditions[subject].status == FIRING and subject.alarm in open_streams:
            open_streams[subject.alarm] += 1
    count = {alarm: sum(subject.alarm == alarm for subject in firing) for alarm in open_streams}
    return [alarm for alarm, number in open_streams.items() if number < count[alarm]]


def _add_history(reader: Reader, stored: Stored, told: Mapping[Subject, Condition], alarm: str, concerns: bool) -> None:
    """Add the stored events of an alarm that fires and notifies this webhook, by its streams."""
    if not concerns:
        return
    events: dict[Subject, list[Event]] = {}
    by_key: dict[str, Subject] = {}
    history = _history(reader, told, alarm)
    for event in sorted(history, key=lambda event: not event.is_alert):  # a firing names its stream, a recovery need not
        subject = subject_of(event.raw, _is_split(told), event.alarm)
        if subject and subject.alarm == alarm:
            subject = by_key.setdefault(event.alarm_key, subject)
            events.setdefault(subject, []).append(event)
    for subject, found in events.items():
        condition = stored.conditions.setdefault(subject, match(subject, told))
        record = stored.records.get(subject, Record())
        found.sort(key=lambda event: event.stored, reverse=True)
        if condition.status == FIRING and not record.open:
            record = _newest(reader, found)
        stored.records[subject] = replace(record, events=tuple(found))
    known = [condition for subject, condition in stored.conditions.items() if subject.alarm == alarm]
    for subject, condition in told.items():
        fires = subject.alarm == alarm and condition.status == FIRING and not condition.is_split
        if fires and not any(condition is each for each in known):
            stored.conditions.setdefault(subject, condition)


def _history(reader: Reader, told: Mapping[Subject, Condition], alarm: str) -> list[Event]:
    """Return the newest events of an alarm, until each of its firing streams has one."""
    silent = [each for subject, each in told.items() if subject.alarm == alarm and each.status == FIRING and not each.is_split]
    events: list[Event] = []
    for event in reader.events_of_alarm(alarm):
        events.append(event)
        subject = subject_of(event.raw, _is_split(told), event.alarm) if event.is_alert else None
        if subject:
            condition = match(subject, told)
            silent = [each for each in silent if each is not condition]
        if len(events) >= MIN_HISTORY and not silent:
            break
    return events


def _newest(reader: Reader, events: list[Event]) -> Record:
    """Return the newest alert of a subject if it was opened meanwhile, or when a person resolved it."""
    firing = next((event for event in events if event.is_alert), None)
    alert = reader.alert(firing.alert) if firing else None
    if alert and alert.state in OPEN:
        return Record((alert,)) if alert.is_ours else Record(is_elsewhere=True)
    return Record(overruled=_overruled(reader, alert) if alert else None)


def _overruled(reader: Reader, alert: Alert) -> datetime | None:
    """Return when a person resolved an alert, or None: a recovery did, or this program."""
    if not alert.resolved:
        return None
    recoveries = [event.stored for event in alert.events if not event.is_alert]
    if any(abs(alert.resolved - stored) <= RESOLVE_DELAY for stored in recoveries):
        return None
    return None if any(note.startswith(MARK) for note in reader.notes(alert.id)) else alert.resolved
