"""Carry out a decision: post the message, then resolve alerts that are still open. Each step is idempotent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from oci_connect.error import CommandError
from oci_connect.reconcile.message import make, same
from oci_connect.reconcile.state import OPEN, Alert, Decision, Kind, Post
from oci_connect.reconcile.stored import MARK, Reader

TRIES = 3  # of a message that SpaceONE keeps as an ERROR alert
TRIED = MARK + "posted again, and refused"
UNREACHABLE = ("Server is unavailable", "gRPC Timeout", "TLS handshake failed")  # SpaceONE's words where no plugin answers
REFUSED = "SpaceONE's plugin refused a message that was sent to it, so that no more are sent: {why}"
NOT_OPENED = "the plugin did not take the message, so that the alert of another severity stays"
RUNNING = "a message came meanwhile"


class SpaceOne(Reader, Protocol):
    """The API of SpaceONE that is used."""

    def error_alerts(self) -> list[Alert]:
        """Return the ERROR alerts, the oldest first, each with its event."""

    def error_ids(self) -> set[str]:
        """Return the ids of the ERROR alerts."""

    def post(self, body: Mapping[str, Any]) -> None:
        """POST a message to the webhook."""

    def resolve(self, alert_id: str) -> None:
        """Set an alert to RESOLVED."""

    def delete(self, alert_id: str) -> None:
        """Delete an ERROR alert."""

    def note(self, alert_id: str, text: str) -> None:
        """Write a note on an alert."""


@dataclass
class Actor:
    """Changes SpaceONE, and reports each action with alarm and reason."""

    spaceone: SpaceOne
    tell: Callable[[str, str, str], object]
    refused: str = ""  # why no more messages are sent
    done: dict[str, int] = field(default_factory=dict)
    _errors: set[str] | None = None  # the ERROR alerts that are known
    _is_unreachable: bool = False

    def carry_out(self, decision: Decision) -> None:
        """Carry out a decision, unless it is outdated."""
        if decision.kind is Kind.STALE and not self._is_still(decision):
            return
        if decision.post:
            self._post(decision, decision.post)
        if decision.kind is Kind.SEVERITY and decision.post and decision.resolve and not self._is_open(decision, decision.post):
            self.tell("held", decision.name, NOT_OPENED)
            return
        for alert in decision.resolve:
            self._resolve(alert, decision)

    def _is_still(self, decision: Decision) -> bool:
        """Say whether no firing arrived since the alerts were read, which may be a minute ago."""
        for alert in decision.resolve:
            now = self.spaceone.alert(alert.id)
            if now and now.last_firing > alert.last_firing:
                self.tell("held", decision.name, RUNNING)
                return False
        return True

    def _is_open(self, decision: Decision, post: Post) -> bool:
        """Say whether a message opened its alert: the plugin ignores a stale message."""
        keys = {alert.alarm_key for alert in decision.resolve}  # a split alarm's other streams have others
        events = self.spaceone.events_of_alarm(decision.subject.alarm)
        event = next((e for e in events if e.is_alert and e.severity == post.severity and e.alarm_key in keys), None)
        alert = self.spaceone.alert(event.alert) if event else None
        return bool(alert and alert.state in OPEN)

    def replay(self, alerts: Sequence[Alert]) -> None:
        """Post the message of some ERROR alerts again, and delete the alerts once it was taken.

        If the plugin cannot be reached, no more messages are sent, and the try does not count.
        """
        if self.refused:
            return
        oldest = alerts[0]
        if self._taken(oldest.events[0].raw):
            for alert in alerts:
                self.spaceone.delete(alert.id)
            self._count("replay", oldest.title, "SpaceONE took the message at the next try")
            return
        self._count("refused", oldest.title, f"the message was refused again: {self.refused}")
        if not self._is_unreachable:
            self._note(oldest.id, TRIED)
            self.refused = ""  # it says something about this message alone

    def _post(self, decision: Decision, post: Post) -> None:
        if self.refused:
            return
        if self._taken(make(post)):
            self._count(post.kind, decision.name, decision.reason)
        else:
            self._count("refused", decision.name, self.refused)

    def _taken(self, body: Mapping[str, Any]) -> bool:
        """Post a message; return whether the plugin accepted it, else delete its ERROR alert."""
        before = self._errors if self._errors is not None else self.spaceone.error_ids()
        self.spaceone.post(body)
        self._errors = self.spaceone.error_ids()
        if not self._errors - before:
            return True
        for alert in self.spaceone.error_alerts():
            if alert.id not in before and alert.events and same(alert.events[0].raw, body):
                why = alert.events[0].description[:300] or "it gives no reason"
                self.refused, self._is_unreachable = REFUSED.format(why=why), why.startswith(UNREACHABLE)
                self.spaceone.delete(alert.id)
                return False
        return True

    def _resolve(self, alert: Alert, decision: Decision) -> None:
        now = self.spaceone.alert(alert.id)
        if not now or now.state not in OPEN:
            if now and decision.post:
                self._note(alert.id, MARK + decision.reason)
            return
        if now.last_firing > alert.last_firing:
            self.tell("held", decision.name, RUNNING)
            return
        self._note(alert.id, MARK + decision.reason)
        self.spaceone.resolve(alert.id)
        self._count("resolve", decision.name, decision.reason)

    def _note(self, alert_id: str, text: str) -> None:
        try:
            self.spaceone.note(alert_id, text)
        except CommandError:
            self.tell("warning", alert_id, "no note could be written: the App's role lacks Note")

    def _count(self, action: str, name: str, reason: str) -> None:
        self.done[action] = self.done.get(action, 0) + 1
        self.tell(action, name, reason)


def count_tries(notes: list[str]) -> int:
    """Return how many times an ERROR alert's message was posted again."""
    return sum(note == TRIED for note in notes)
