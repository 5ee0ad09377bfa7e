"""Read the states of alarms and their streams in some compartments of a region.

https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/AlarmStatusSummary/ListAlarmsStatus
https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/AlarmDimensionStatesCollection/RetrieveDimensionStates
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oci_connect.error import CommandError, Refusal
from oci_connect.reconcile.message import stream_of
from oci_connect.reconcile.state import FIRING, GONE, OK, SEVERITIES, SUSPENDED, UNKNOWN, Condition, Subject
from oci_connect.resource import plain

if TYPE_CHECKING:
    from oci_connect.connection import Connection

REQUEST_INTERVAL = 0.5  # seconds between two requests: OCI takes 10 alarm operations a second from the whole tenancy
PAGE = 1000
NOT_FOUND = 404
NO_STREAM = "OCI does not name this stream"
ELSEWHERE = "the alarm is in no compartment that was looked at"
NOT_FOUND_HERE = "OCI does not find the alarm: it was deleted, or these credentials may not read it"
UNANSWERED = "OCI did not answer for its compartment"
ONE_SIDED = "OCI lists the alarm, but not its state"


@dataclass
class Alarms:
    """The conditions of all alarms of some compartments; `unanswered` are those without an answer of OCI."""

    conditions: dict[Subject, Condition] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    now: datetime | None = None  # OCI's
    destinations: dict[str, list[str]] = field(default_factory=dict)  # alarm -> topics


class AlarmReader:
    """Reads a region's alarms, at most two requests a second."""

    def __init__(
        self, connection: Connection, compartments: Iterable[str], sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._connection, self._compartments, self._sleep = connection, list(compartments), sleep
        self._next = 0.0
        self.requests = 0
        self.now: datetime | None = None

    def read(self) -> Alarms:
        """Return the conditions; a compartment without an answer is listed in `unanswered`."""
        alarms, self.now = Alarms(), None
        for compartment in self._compartments:
            try:
                alarms.conditions |= self._compartment(compartment, alarms)
            except CommandError as e:
                alarms.unanswered.append(f"{compartment}: {str(e).splitlines()[0]}")
        alarms.now = self.now
        return alarms

    def look(self, alarm: str) -> Condition:
        """Return the condition of an alarm that is in no list: deleted, in another compartment, or UNKNOWN."""
        try:
            found = plain(self._ask("read an alarm", self._connection.monitoring.get_alarm, alarm).data)
        except Refusal as e:
            return Condition(GONE, reason=NOT_FOUND_HERE) if e.status == NOT_FOUND else Condition(UNKNOWN, reason=ELSEWHERE)
        except CommandError:
            return Condition(UNKNOWN, reason=UNANSWERED)
        if found.get("lifecycleState") in ("DELETED", "DELETING"):
            return Condition(GONE, name=str(found.get("displayName") or ""))
        return Condition(UNKNOWN, name=str(found.get("displayName") or ""), reason=ELSEWHERE)

    def _compartment(self, compartment: str, alarms: Alarms) -> dict[Subject, Condition]:
        monitoring = self._connection.monitoring
        listed = self._pages(f"list the alarms of {compartment}", monitoring.list_alarms, compartment)
        told = self._pages(f"list the states of the alarms of {compartment}", monitoring.list_alarms_status, compartment)
        states: dict[str, list[Mapping[str, Any]]] = {}
        for each in told:
            states.setdefault(each["id"], []).append(each)
        conditions: dict[Subject, Condition] = {}
        for alarm in listed:
            whole = self._whole(alarm, states.get(alarm["id"], []))
            alarms.destinations[alarm["id"]] = alarm.get("destinations") or []
            conditions[Subject(alarm["id"])] = whole
            if whole.is_split and whole.status == FIRING:
                conditions |= self._streams(alarm["id"], whole, states.get(alarm["id"], []))
        return conditions

    def _whole(self, alarm: Mapping[str, Any], states: list[Mapping[str, Any]]) -> Condition:
        state = _worst(states)
        status = str(state.get("status") or UNKNOWN)
        return Condition(
            status=status if status in (FIRING, OK, SUSPENDED) else UNKNOWN,
            since=_time(state.get("timestampTriggered")),
            severity=str(state.get("severity") or ""),
            name=str(alarm.get("displayName") or alarm["id"]),
            is_split=alarm.get("isNotificationsPerMetricDimensionEnabled") is True,
            is_suppressed=self._holds(alarm.get("suppression")) or self._holds(state.get("suppression")),
            is_enabled=alarm.get("isEnabled") is not False,
            reason="" if states else ONE_SIDED,
        )

    def _streams(self, alarm: str, whole: Condition, states: list[Mapping[str, Any]]) -> dict[Subject, Condition]:
        doing = f"read the states of the streams of the alarm {whole.name}"
        try:
            found = self._pages(doing, self._connection.monitoring.retrieve_dimension_states, alarm)
        except CommandError:
            return {}  # its streams are unknown, and the others are not
        severities = {each.get("ruleName"): each.get("severity") for each in states}
        only = whole.severity if len(severities) < 2 else ""  # of an alarm with one rule
        by_stream: dict[Subject, list[Mapping[str, Any]]] = {}
        for each in found:
            entry = {**each, "severity": severities.get(each.get("ruleName"), only)}
            by_stream.setdefault(Subject(alarm, stream_of(each.get("dimensions") or {})), []).append(entry)
        return {subject: self._stream(entries, whole) for subject, entries in by_stream.items()}

    @staticmethod
    def _stream(entries: list[Mapping[str, Any]], whole: Condition) -> Condition:
        state = _worst(entries)
        status = str(state.get("status") or UNKNOWN)
        return replace(
            whole,
            status=status if status in (FIRING, OK) else UNKNOWN,
            since=_time(state.get("timestamp")),
            severity=str(state.get("severity") or ""),
            is_split=False,
        )

    def _holds(self, suppression: Any) -> bool:
        if not isinstance(suppression, Mapping) or self.now is None:
            return False
        start, end = _time(suppression.get("timeSuppressFrom")), _time(suppression.get("timeSuppressUntil"))
        return bool(start and end and start <= self.now < end)

    def _pages(self, doing: str, call: Callable[..., Any], *positional: Any) -> list[Mapping[str, Any]]:
        items: list[Mapping[str, Any]] = []
        page: dict[str, str] = {}
        while True:
            reply = self._ask(doing, call, *positional, limit=PAGE, **page)
            items += map(plain, getattr(reply.data, "items", reply.data))
            if not reply.has_next_page:
                return items
            page = {"page": reply.next_page}

    def _ask(self, doing: str, call: Callable[..., Any], *positional: Any, **keywords: Any) -> Any:
        self._sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + REQUEST_INTERVAL
        self.requests += 1
        reply = self._connection.ask(doing, call, *positional, **keywords)
        if date := reply.headers.get("date"):
            self.now = email.utils.parsedate_to_datetime(date)
        return reply


def match(subject: Subject, conditions: Mapping[Subject, Condition]) -> Condition:
    """Return the condition of a subject whose dimensions come from a stored message."""
    whole = conditions.get(Subject(subject.alarm))
    if whole is None:
        return Condition(UNKNOWN, reason=ELSEWHERE)
    if not subject.stream or not (whole.is_split and whole.status == FIRING):
        return whole  # an alarm is OK if none of its streams fires
    theirs = [each for each in conditions if each.alarm == subject.alarm and _agree(each.stream, subject.stream)]
    if len(theirs) == 1:
        return conditions[theirs[0]]
    return Condition(UNKNOWN, name=whole.name, reason=NO_STREAM)


def _agree(one: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]) -> bool:
    """Say whether one set of dimensions contains the other: message and API may omit some."""
    return bool(one and other) and (set(one) <= set(other) or set(other) <= set(one))


def _worst(states: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the state of an alarm with several rules: the most severe firing one, else the newest."""

    def rank(state: Mapping[str, Any]) -> tuple[bool, int, str]:
        severity = state.get("severity")
        at = str(state.get("timestampTriggered") or state.get("timestamp") or "")
        fires = state.get("status") == FIRING
        return (fires, SEVERITIES.index(severity) if fires and severity in SEVERITIES else -1, at)

    return max(states, key=rank, default={})


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
