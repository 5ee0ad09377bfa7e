"""OCI Monitoring: evaluates alarms once a minute and says what it publishes, and what fires at the end.

Oracle's rules, as far as they are documented: an alarm fires once its rule has been met for the trigger delay, and is OK with
the first minute in which it is not; the higher rule counts; a firing alarm repeats its message; a grouped alarm has one state,
a split one a state for each stream; a firing stream without data for 13 minutes is reset; absent() is met without data, for at
most two hours; at most 60 messages come of one evaluation; a suppressed alarm is evaluated and publishes nothing.
https://docs.oracle.com/en-us/iaas/Content/Monitoring/Concepts/monitoringoverview.htm
https://docs.oracle.com/en-us/iaas/Content/Monitoring/alarm-message-format.htm

Not documented, and taken as said here: the step from one rule to the other is RULE_CHANGE, and so is an edit of an alarm that
fires; a firing alarm repeats while a stream has no data, and its interval runs on while it is suppressed; absence ends after
two hours with a RESET; of more than 60 messages the first streams' are published, and the rest is lost; nothing is published
when an alarm is disabled or deleted, and an alarm that is enabled again begins with OK.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from simulation.scenario import Alarm, Level, Scenario, Stretch

OK = "OK"
RESET_AFTER = 13  # minutes without data
ABSENCE_PERIOD = 120  # minutes; the default absence detection period
MAX_MESSAGES = 60  # of one evaluation
LADDER = ("INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class Published:
    """A message that an alarm, a problem, a budget or a pair of events publishes.

    `key` is what it is about: an alarm, or one stream of it; `source` is the alarm's name. `state` is OK or the severity that
    fires, `streams` are the numbers of the streams that do.
    """

    key: str
    minute: int
    kind: str
    state: str
    source: str
    streams: tuple[int, ...] = ()
    number: int = 1  # of the key's messages

    @property
    def name(self) -> str:
        """What a scenario calls it."""
        return f"{self.key}#{self.number}"


@dataclass(frozen=True)
class Shown:
    """What OCI's API shows of a key from a minute on."""

    minute: int
    state: str
    suppressed: bool = False
    enabled: bool = True
    deleted: bool = False


@dataclass
class Outcome:
    """What OCI has published in a scenario, in order of time, the state of each key at its end, and each change of it."""

    published: list[Published] = field(default_factory=list)
    fires: dict[str, str] = field(default_factory=dict)
    shown: dict[str, list[Shown]] = field(default_factory=dict)


def run(scenario: Scenario) -> Outcome:
    """Evaluate all of a scenario."""
    outcome = Outcome()
    for name, alarm in scenario.alarms.items():
        Evaluation(name, alarm).run(scenario.minutes, outcome)
    closing_of = ((scenario.problems, CLOSES_PROBLEM), (scenario.budgets, {"RESET"}), (scenario.pairs, set(PAIRS.values())))
    for kind, closing in closing_of:
        for name, steps in kind.items():
            for step in steps:
                state = OK if step.what in closing else FIRES_AS.get(step.what, "CRITICAL")
                outcome.published.append(Published(name, step.minute, step.what, state, name))
                outcome.fires[name] = state
    outcome.published.sort(key=lambda each: each.minute)
    numbers: Counter[str] = Counter()
    for i, each in enumerate(outcome.published):
        numbers[each.key] += 1
        outcome.published[i] = replace(each, number=numbers[each.key])
    return outcome


# What begins and what is over, of OCI events that are the two sides of one trouble.
PAIRS = {"DatabaseDownBegin": "DatabaseDownEnd", "DISCONNECTED": "CONNECTED", "NEEDS_ATTENTION": "ACTIVE"}
CLOSES_PROBLEM = {"problemremediated", "problemdismissed"}
FIRES_AS = {"ACTUAL": "WARNING", "FORECAST": "INFO", "DISCONNECTED": "ERROR", "NEEDS_ATTENTION": "WARNING"}


@dataclass
class Stream:
    """The state of one metric stream: the rule that fires (0: none), for how many minutes each has been met, and silence."""

    trace: Iterator[Level]
    firing: int = 0
    met: list[int] = field(default_factory=lambda: [0, 0])
    silent: int = 0
    reset: bool = False
    seen: bool = False

    def evaluate(self, alarm: Alarm) -> None:
        """Take the next minute's data point."""
        level = next(self.trace, None)
        self.reset = False
        if level is None:
            self.silent += 1
        else:
            self.silent, self.seen = 0, True
        if alarm.absent:
            self._step(1 if level is None and self.seen else 0, alarm)
            if self.silent > ABSENCE_PERIOD:
                self._forget()
        elif level is not None:
            self._step(level, alarm)
        elif self.silent >= RESET_AFTER:
            self._forget()

    def _step(self, level: int, alarm: Alarm) -> None:
        for rule in range(2):
            self.met[rule] = self.met[rule] + 1 if level > rule else 0
        rules = len(alarm.severities)
        self.firing = max((rule + 1 for rule in range(rules) if self.met[rule] >= alarm.pending), default=0)

    def _forget(self) -> None:
        self.reset, self.firing, self.met, self.seen = self.firing > 0, 0, [0, 0], False


class Evaluation:
    """One alarm, minute after minute."""

    def __init__(self, name: str, alarm: Alarm) -> None:
        self.name, self.alarm = name, alarm
        self.severities = list(alarm.severities)
        self.streams = [Stream(_levels(trace)) for trace in alarm.streams]
        self.states: dict[str, str] = {}
        self.last: dict[str, int] = {}  # key -> minute of its last message
        self.suppressed = self.disabled = self.deleted = False

    def run(self, minutes: int, outcome: Outcome) -> None:
        """Evaluate some minutes."""
        changes = {change.minute: change.what for change in self.alarm.changes}
        for minute in range(minutes):
            if minute in changes:
                self._change(changes[minute])
            for stream in self.streams:
                stream.evaluate(self.alarm)
            if not self.disabled and not self.deleted:
                messages = list(self._messages(minute))
                outcome.published += [] if self.suppressed else messages[:MAX_MESSAGES]
            self._show(minute, outcome)
        gone = self.disabled or self.deleted
        outcome.fires |= {key: OK if gone else self.states.get(key, OK) for key in self._groups()}

    def _show(self, minute: int, outcome: Outcome) -> None:
        for key in self._groups():
            now = Shown(minute, self.states.get(key, OK), self.suppressed, not self.disabled, self.deleted)
            shown = outcome.shown.setdefault(key, [])
            if not shown or replace(now, minute=shown[-1].minute) != shown[-1]:
                shown.append(now)

    def _change(self, what: str) -> None:
        self.suppressed = {"suppress": True, "resume": False}.get(what, self.suppressed)
        self.disabled = {"disable": True, "enable": False}.get(what, self.disabled)
        self.deleted |= what == "delete"
        if what == "enable":
            self.states.clear()
            for stream in self.streams:
                stream.firing, stream.met = 0, [0, 0]
        if what == "edit":
            moved = {LADDER[(LADDER.index(each) + 1) % len(LADDER)] for each in self.severities}
            self.severities = sorted(moved, key=LADDER.index)

    def _groups(self) -> dict[str, list[int]]:
        numbers = range(len(self.streams))
        return {f"{self.name}/{i}": [i] for i in numbers} if self.alarm.split else {self.name: [*numbers]}

    def _messages(self, minute: int) -> Iterator[Published]:
        for key, numbers in self._groups().items():
            firing = [i for i in numbers if self.streams[i].firing]
            rule = max((self.streams[i].firing for i in firing), default=0)
            state, before = self.severities[rule - 1] if rule else OK, self.states.get(key, OK)
            kind = self._kind(key, before, state, minute, reset=any(self.streams[i].reset for i in numbers))
            self.states[key] = state
            if kind:
                self.last[key] = minute
                yield Published(key, minute, kind, state, self.name, tuple(firing))

    def _kind(self, key: str, before: str, state: str, minute: int, *, reset: bool) -> str:
        if state != before:
            if OK in (state, before):
                return "OK_TO_FIRING" if before == OK else "RESET" if reset else "FIRING_TO_OK"
            return "RULE_CHANGE"
        due = self.alarm.repeat and minute - self.last.get(key, minute) >= self.alarm.repeat
        return "REPEAT" if state != OK and due else ""


def _levels(trace: tuple[Stretch, ...]) -> Iterator[Level]:
    """Yield a level for each minute; the last one stays."""
    for stretch in trace:
        yield from itertools.repeat(stretch.level, stretch.minutes)
    yield from itertools.repeat(trace[-1].level if trace else None)
