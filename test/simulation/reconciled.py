"""A target beside which oci-connect reconcile runs, in the time of the scenario: its own code, on the model of SpaceONE.

OCI's answers are three minutes old. It sees what the real programs see: the alarms' states, open alerts, and stored events.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from oci_connect.reconcile import state
from oci_connect.reconcile.alarms import Alarms
from oci_connect.reconcile.cycle import Cycle
from oci_connect.reconcile.message import stream_of
from oci_connect.reconcile.state import Condition, Event, Kind, Settings, Subject
from plugin.error import ERROR_ONS
from simulation import oci
from simulation.messages import body_of
from simulation.model import RUN, START, Model, Monitoring
from simulation.oci import OK, Outcome, Published, Shown
from simulation.scenario import Scenario, Trouble
from simulation.target import Alert, Reply, Target
from simulation.world import Run, World

LAG = 3  # minutes that OCI's answers are old
AFTER = 30  # minutes that it runs on after the scenario
MAX_EVENTS = 5  # events of an alert


class Reconciled(Model):
    """A `target.Target` with a periodic reconciler."""

    def __init__(self, scenario: Scenario, every: int) -> None:
        super().__init__(scenario)
        self._every, self._next = every * 60, every * 60
        self._monitoring = Recording(scenario.window)
        self.outcome = oci.run(scenario)
        settings = Settings(gone=True)
        self._cycle = Cycle(_Oci(scenario, self.outcome, self._seconds), _SpaceOne(self), settings, most_changes=1000)
        self.kinds: Counter[Kind] = Counter()
        self.done: Counter[str] = Counter()
        self.resolved_while_firing: list[str] = []

    def deliver(self, second: int, published: Published) -> Reply:
        """See `target.Target`."""
        self._run_until(second)
        return super().deliver(second, published)

    def suffer(self, trouble: Trouble) -> bool:
        """See `target.Target`."""
        self._run_until(trouble.second)
        return super().suffer(trouble)

    def alerts(self) -> list[Alert]:
        """See `target.Target`."""
        ends = [self._scenario.minutes * 60, *(each.second + each.seconds for each in self._scenario.troubles)]
        self._run_until(max(ends) + AFTER * 60)
        return super().alerts()

    def _seconds(self) -> int:
        return self._second

    def _run_until(self, second: int) -> None:
        while self._next <= second:
            self._second, self._next = self._next, self._next + self._every
            if not any(
                each.what == "platform" and each.second <= self._second < each.second + each.seconds
                for each in self._scenario.troubles
            ):
                report = self._cycle.heal(lambda *_: None)
                self.kinds += report.kinds
                self.done += Counter(report.done)
        self._second = second

    def fires(self, key: str) -> bool:
        """Say whether a key fires by OCI's answer of this second."""
        if key not in self.outcome.shown:
            return False
        now = _at(self.outcome.shown[key], max(0, self._second // 60 - LAG))
        return now.state != OK and now.enabled and not now.deleted


class Recording(Monitoring):
    """The model of monitoring, with the events that it stores."""

    def __init__(self, window: int) -> None:
        super().__init__(window)
        self.events: dict[str, list[Event]] = {}  # alert -> its events, the newest first
        self.opened: dict[str, int] = {}
        self.resolved: dict[str, int] = {}
        self.notes: dict[str, list[str]] = {}
        self.keys: dict[str, str] = {}

    def take(self, event: dict[str, Any], second: int) -> Alert | None:
        """See `Monitoring.take`."""
        changed = super().take(event, second)
        is_alert = event["event_type"] == "ALERT"
        if is_alert or changed:
            id_ = changed.id if changed else self._newest[event["event_key"]][1]
            at = START + timedelta(seconds=second)
            occurred = datetime.fromisoformat(event["occurred_at"].replace("Z", "+00:00")) if "occurred_at" in event else at
            alarm = event["additional_info"].get("alarm_id", "")
            self.events.setdefault(id_, []).insert(0, Event(event["event_key"], is_alert, occurred, at, id_, self.body, alarm))
            self.opened.setdefault(id_, second)
            if changed and not changed.is_open:
                self.resolved[id_] = second
        return changed

    def fail(self, message: str) -> Alert:
        """See `Monitoring.fail`."""
        alert = super().fail(message)
        self.events[alert.id] = [Event("error", False, START, START, alert.id, self.body, description=message)]
        self.opened[alert.id] = len(self.opened)  # their order
        return alert


class _SpaceOne:
    """What the reconciler reads and does at SpaceONE."""

    def __init__(self, target: Reconciled) -> None:
        self._target = target

    @property
    def _monitoring(self) -> Recording:
        assert isinstance(self._target._monitoring, Recording)
        return self._target._monitoring

    def open_alerts(self) -> list[state.Alert]:
        return [self._alert(each) for each in self._monitoring.alerts.values() if each.state == "TRIGGERED"]

    def error_alerts(self) -> list[state.Alert]:
        return [self._alert(each) for each in self._monitoring.alerts.values() if each.state == "ERROR"]

    def error_ids(self) -> set[str]:
        return {each.id for each in self._monitoring.alerts.values() if each.state == "ERROR"}

    def alert(self, alert_id: str) -> state.Alert | None:
        found = self._monitoring.alerts.get(alert_id)
        return self._alert(found) if found else None

    def events_of_alarm(self, alarm: str) -> list[Event]:
        found = [event for events in self._monitoring.events.values() for event in events if event.alarm == alarm]
        return sorted(found, key=lambda event: event.stored, reverse=True)

    def notes(self, alert_id: str) -> list[str]:
        return self._monitoring.notes.get(alert_id, [])

    def note(self, alert_id: str, text: str) -> None:
        self._monitoring.notes.setdefault(alert_id, []).append(text)

    def post(self, body: Mapping[str, Any]) -> None:
        target, monitoring = self._target, self._monitoring
        try:
            events = target._parse(copy.deepcopy(dict(body)))
        except ERROR_ONS as e:
            monitoring.fail(str(e.message))
            return
        for event in events:
            self._watch(monitoring.take(event, target._second))

    def resolve(self, alert_id: str) -> None:
        found = self._monitoring.alerts[alert_id]
        resolved = Alert(found.id, found.key, found.severity, "RESOLVED", found.title)
        self._monitoring.alerts[alert_id], self._monitoring.resolved[alert_id] = resolved, self._target._second
        self._watch(resolved)

    def delete(self, alert_id: str) -> None:
        self._monitoring.alerts.pop(alert_id, None)  # another may have

    def _watch(self, changed: Alert | None) -> None:
        """Note an alert that was resolved although its key fires, and has no other one."""
        if changed and not changed.is_open and self._target.fires(changed.key):
            others = [each for each in self._monitoring.alerts.values() if each.key == changed.key and each.is_open]
            self._target.resolved_while_firing += [] if others else [changed.key]

    def _alert(self, alert: Alert) -> state.Alert:
        monitoring = self._monitoring
        opened = START + timedelta(seconds=monitoring.opened.get(alert.id, 0))
        resolved = monitoring.resolved.get(alert.id)
        at = START + timedelta(seconds=resolved) if resolved is not None else None
        events = tuple(monitoring.events.get(alert.id, ())[:MAX_EVENTS])
        return state.Alert(alert.id, alert.title, alert.state, opened, at, events)


class _Oci:
    """What OCI's API says, LAG minutes late."""

    def __init__(self, scenario: Scenario, outcome: Outcome, seconds: Any) -> None:
        self._scenario, self._outcome, self._seconds = scenario, outcome, seconds

    def read(self) -> Alarms:
        minute = max(0, self._seconds() // 60 - LAG)
        conditions: dict[Subject, Condition] = {}
        for key, shown in self._outcome.shown.items():
            subject, name = self._subject(key), key.partition("/")[0]
            now = _at(shown, minute)
            if not now.deleted:
                conditions[subject] = self._condition(shown, minute, key)
                if subject.stream:
                    fires = [conditions[each] for each in conditions if each.alarm == subject.alarm and each.stream]
                    worst = max(fires, key=lambda each: (each.status == state.FIRING, each.since))
                    conditions[Subject(subject.alarm)] = Condition(
                        worst.status, worst.since, worst.severity, name, True, worst.is_suppressed, worst.is_enabled
                    )
        return Alarms(conditions, now=START + timedelta(seconds=self._seconds()))

    def look(self, alarm: str) -> Condition:
        return Condition(state.GONE)

    def _condition(self, shown: list[Shown], minute: int, key: str) -> Condition:
        now = _at(shown, minute)
        since = now.minute
        for each in reversed([each for each in shown if each.minute <= minute]):
            if each.state != now.state:
                break
            since = each.minute
        at = START + timedelta(minutes=since)
        status, severity = ("OK", "") if now.state == OK else ("FIRING", now.state)
        return Condition(status, at, severity, key, is_suppressed=now.suppressed, is_enabled=now.enabled)

    def _subject(self, key: str) -> Subject:
        name, _, number = key.partition("/")
        published = Published(key, 0, "OK_TO_FIRING", "CRITICAL", name, (int(number or 0),))
        meta = body_of(published, self._scenario, START, RUN)["alarmMetaData"][0]
        return Subject(
            meta.get("id", f"ocid1.alarm.oc1.ap-seoul-1.{RUN}{name}"), stream_of(meta["dimensions"][0]) if number else ()
        )


def _at(shown: list[Shown], minute: int) -> Shown:
    return [each for each in shown if each.minute <= minute][-1]


@dataclass
class Figures:
    """What many scenarios left, without a reconciler or with one."""

    wrong: list[str] = field(default_factory=list)  # alarms and streams at rest, with their scenario's seed
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, run: Run, target: Target) -> None:
        """Count a scenario."""
        scenario, alerts = run.scenario, run.alerts
        mine = [each for each in alerts if each.key.partition("/")[0] in scenario.alarms]
        self.wrong += [f"seed {scenario.seed}: {key}" for key in run.outcome.shown if not is_right(run, key)]
        self.counts["alarms and streams"] += len(run.outcome.shown)
        self.counts["firings"] += sum(_firings(scenario, shown) for shown in run.outcome.shown.values())
        self.counts["alerts opened"] += len(mine)
        self.counts["messages left as ERROR"] += sum(each.state == "ERROR" for each in alerts)
        if isinstance(target, Reconciled):
            self.counts["resolved while OCI fires"] += len(target.resolved_while_firing)


def compare(scenarios: Iterable[Scenario], every: int, say: Callable[[str], object]) -> int:
    """Run each scenario alone and with a reconciler; print what both leave, and return the exit status."""
    alone, healed, kinds, done = Figures(), Figures(), Counter[str](), Counter[str]()
    for scenario in scenarios:
        model, target = Model(scenario), Reconciled(scenario, every)
        alone.add(World(scenario, model).run(), model)
        healed.add(World(scenario, target).run(), target)
        kinds += Counter({kind.value: number for kind, number in target.kinds.items()})
        done += target.done
    for name, figures in (("alone", alone), (f"reconcile every {every} minutes", healed)):
        counts = ", ".join(f"{number} {what}" for what, number in figures.counts.items())
        say(f"{name}: {len(figures.wrong)} wrong at rest; {counts}")
    say(f"found: {dict(kinds)}; done: {dict(done)}")
    for each in healed.wrong:
        say(f"WRONG {each}")
    return int(bool(healed.wrong or healed.counts["resolved while OCI fires"]))


def is_right(run: Run, key: str) -> bool:
    """Say whether what is open of an alarm or stream is what fires in OCI; a suppressed one may be open or not."""
    fires, shown = run.outcome.fires[key], run.outcome.shown[key][-1]
    mine = [each for each in run.alerts if each.key == key and each.is_open]
    if fires == OK:
        return not mine
    separate = run.scenario.escalation == "separate"
    one = len(mine) == 1 and (not separate or mine[0].severity == fires)
    return one or (shown.suppressed and not mine)


def _firings(scenario: Scenario, shown: list[Shown]) -> int:
    """Return how many alerts are due: one a firing, or one for each severity in turn."""
    separate = scenario.escalation == "separate"
    states = [each.state for each in shown]
    turns = zip(states, [OK, *states], strict=False)
    return sum(state != OK and (before == OK or (separate and state != before)) for state, before in turns)
