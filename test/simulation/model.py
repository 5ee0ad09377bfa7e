"""SpaceONE in this process: a model of its monitoring service, around the plugin's real manager.

It is the fast target, for thousands of scenarios. The model knows what the real service does with an event; a test runs the same
scenarios with both and compares them. Time is the scenario's: the plugin forgets after three hours of it.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.json_format import ParseError
from spaceone.core import config

from corpus.cases import Plugin, arrived
from corpus.storable import check
from plugin.connector.local_memory import LocalMemory
from plugin.error import ERROR_ONS
from plugin.ons.check.order import Entry, State
from simulation.messages import body_of, headers_of, key_of
from simulation.oci import Published
from simulation.scenario import Scenario, Trouble
from simulation.target import Alert, Reply

START = datetime(2026, 3, 2, tzinfo=UTC)
RUN = "model"
ERROR_TITLE = "Webhook Event Parsing Error"


class Model:
    """A `target.Target` without a process, a network or a database."""

    def __init__(self, scenario: Scenario) -> None:
        config.init_conf(package="plugin")  # the framework's base classes ask for it
        self._scenario, self._second = scenario, 0
        self._memory = _Redis(self._clock) if scenario.replicas > 1 else LocalMemory(spacing=0, clock=self._clock)
        self._plugin = self._new_plugin()
        self._plugin_away_until = self._relay_away_until = 0
        self._monitoring = Monitoring(scenario.window)

    def deliver(self, second: int, published: Published) -> Reply:
        """See `target.Target`."""
        self._second = second
        if second < self._relay_away_until:
            return Reply(0)
        body = body_of(published, self._scenario, START, RUN)
        if self._scenario.relayed:
            headers = {name.lower(): value for name, value in headers_of(published, START, RUN).items()}
            body = {"headers": headers, "text": json.dumps(body)}
        try:
            events = self._parse(body)
        except ERROR_ONS as e:
            return Reply(200, (self._monitoring.fail(str(e.message)),))
        try:
            for event in events:
                check(event)
        except (AssertionError, ParseError):
            return Reply(500)
        return Reply(200, tuple(alert for event in events if (alert := self._monitoring.take(event, second))))

    def suffer(self, trouble: Trouble) -> bool:
        """See `target.Target`."""
        self._second = trouble.second
        if trouble.what == "redis" and isinstance(self._memory, _Redis):
            self._memory.kill(trouble.second + trouble.seconds)
            return True
        if trouble.what == "plugin" and self._scenario.replicas == 1:
            self._memory = LocalMemory(spacing=0, clock=self._clock)
            self._plugin = self._new_plugin()
            self._plugin_away_until = max(self._plugin_away_until, trouble.second + trouble.seconds)
            return True
        if trouble.what == "relay" and self._scenario.relayed:
            self._relay_away_until = max(self._relay_away_until, trouble.second + trouble.seconds)
        return False

    def alerts(self) -> list[Alert]:
        """See `target.Target`."""
        return list(self._monitoring.alerts.values())

    def notifications(self) -> dict[str, int]:
        """See `target.Target`."""
        return dict(self._monitoring.notified)

    def _parse(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        self._monitoring.body = copy.deepcopy(body)
        if self._second < self._plugin_away_until:
            raise PluginAway
        return self._plugin.parse({"escalation": self._scenario.escalation}, arrived(body))

    def _new_plugin(self) -> Plugin:
        return Plugin(self._memory, clock=lambda _: self._now())

    def _now(self) -> datetime:
        return START + timedelta(seconds=self._second)

    def _clock(self) -> float:
        return self._second


class PluginAway(ERROR_ONS):
    """What monitoring says where no plugin answers."""

    _message = "Server is unavailable. (channel = plugin, message = no answer)"


class Monitoring:
    """What SpaceONE's monitoring service does with events: the newest ALERT of a key within the window names the alert."""

    def __init__(self, window: int) -> None:
        self._window = window
        self.body: Mapping[str, Any] = {}  # of the events that are taken next
        self._newest: dict[str, tuple[int, str]] = {}  # event_key -> second of the newest ALERT, and its alert
        self._ids = (f"alert-{number}" for number in itertools.count(1))
        self.alerts: dict[str, Alert] = {}
        self.notified: Counter[str] = Counter()

    def take(self, event: dict[str, Any], second: int) -> Alert | None:
        """Store an event; return the alert that it opened or resolved, or None."""
        is_alert = event["event_type"] == "ALERT"
        at, id_ = self._newest.get(event["event_key"], (-self._window, ""))
        if second - at < self._window and self.alerts[id_].is_open:
            if is_alert:
                self._newest[event["event_key"]] = (second, id_)
                return None
            self.alerts[id_] = Alert(id_, self.alerts[id_].key, self.alerts[id_].severity, "RESOLVED", self.alerts[id_].title)
            return self.alerts[id_]
        if not is_alert:
            return None
        alert = self._open(Alert(next(self._ids), key_of(event["title"]), event["severity"], "TRIGGERED", event["title"]))
        self._newest[event["event_key"]] = (second, alert.id)
        return alert

    def fail(self, message: str) -> Alert:
        """Open the ERROR alert of a message that the plugin refused or did not answer."""
        return self._open(Alert(next(self._ids), "", "CRITICAL", "ERROR", f"{ERROR_TITLE}: {message}"))

    def _open(self, alert: Alert) -> Alert:
        self.alerts[alert.id] = alert
        self.notified[alert.id] += 1
        return alert


class _Redis:
    """An `order.Memory` that replicas share; killed, it has forgotten everything and answers nothing for a time."""

    def __init__(self, clock: Any) -> None:
        self._clock, self._down_until = clock, 0.0
        self.kill(0)

    def kill(self, until: float) -> None:
        self._memory, self._down_until = LocalMemory(spacing=0, clock=self._clock), max(self._down_until, until)

    async def exchange(self, entries: Sequence[Entry], now: datetime) -> tuple[list[State | None], float]:
        """See `order.Memory`."""
        if self._clock() < self._down_until:
            return [None] * len(entries), 0.0
        return await self._memory.exchange(entries, now)
