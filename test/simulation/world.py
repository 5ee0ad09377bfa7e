"""Runs a scenario: what OCI publishes reaches SpaceONE through ONS, in the time of the scenario, and what becomes of it is told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from simulation import oci
from simulation.oci import OK, Outcome, Published
from simulation.ons import Queue, Try
from simulation.scenario import Scenario, Trouble
from simulation.target import Alert, Reply, Target
from simulation.watch import Watch

MAX_PROMPT = 5  # seconds in which a message is not late
EFFECTS = {"TRIGGERED": "opens", "RESOLVED": "closes", "ERROR": "fails as"}


@dataclass(frozen=True)
class Entry:
    """A line of the timeline."""

    second: int
    what: str  # published, taken, failed, given up, trouble, wrong
    key: str
    text: str = ""
    effect: str = ""  # of what was taken: the alerts that it opened or closed


@dataclass
class Run:
    """What became of a scenario."""

    scenario: Scenario
    outcome: Outcome
    timeline: list[Entry] = field(default_factory=list)
    told: dict[str, Published] = field(default_factory=dict)  # the newest message of each key that was taken
    newest: dict[str, Published] = field(default_factory=dict)  # the newest that was published
    statuses: Counter[int] = field(default_factory=Counter)
    causes: dict[str, str] = field(default_factory=dict)  # key -> why it may be wrong
    judged: int = 0
    wrong_since: dict[str, int] = field(default_factory=dict)  # key -> the second in which it was wrong first
    alerts: list[Alert] = field(default_factory=list)
    notifications: dict[str, int] = field(default_factory=dict)


class World:
    """One scenario and one target."""

    def __init__(self, scenario: Scenario, target: Target, on_entry: Callable[[Entry], None] | None = None) -> None:
        self._scenario, self._target, self._on_entry = scenario, target, on_entry
        outcome = oci.run(scenario)
        self.run_ = Run(scenario, outcome)
        self._queue = Queue(scenario, outcome.published)
        self._open: dict[str, set[Alert]] = defaultdict(set)
        self._down_until = 0
        self._watch = Watch(scenario, self.run_.causes)
        self._publishing = list(reversed(outcome.published))

    def run(self, progress: Callable[[int, int], None] = lambda done, left: None) -> Run:
        """Run the scenario until nothing is due any more."""
        for done, (second, item) in enumerate(self._queue):
            self._publish_until(second)
            if isinstance(item, Trouble):
                self._suffer(item)
            else:
                self._deliver(second, item)
            progress(done, len(self._queue))
        self.run_.alerts, self.run_.notifications = self._target.alerts(), self._target.notifications()
        return self.run_

    def _publish_until(self, second: int) -> None:
        while self._publishing and self._publishing[-1].minute * 60 <= second:
            message = self._publishing.pop()
            self.run_.newest[message.key] = message
            self._tell(message.minute * 60, "published", message.key, f"{message.kind} {message.state}")

    def _suffer(self, trouble: Trouble) -> None:
        self._tell(trouble.second, "trouble", "", f"{trouble.what} {trouble.seconds} s" if trouble.seconds else trouble.what)
        if trouble.what == "platform":
            self._down_until = max(self._down_until, trouble.second + trouble.seconds)
        elif self._target.suffer(trouble):
            self._watch.memory_lost(trouble)

    def _deliver(self, second: int, attempt: Try) -> None:
        message, run = attempt.published, self.run_
        reply = Reply(0) if second < self._down_until else self._target.deliver(second, message)
        run.statuses[reply.status] += 1
        if not reply.taken:
            again = self._queue.again(second, attempt)
            self._tell(
                second,
                "failed" if again else "given up",
                message.key,
                described(attempt, second),
                str(reply.status or "no answer"),
            )
            return
        self._watch.taken(second, message)
        if message.key not in run.told or run.told[message.key].minute <= message.minute:
            run.told[message.key] = message
        changed = sorted(reply.changed, key=lambda alert: (not alert.is_open, alert.severity))
        for alert in changed:
            (self._open[alert.key].add if alert.is_open else self._discard)(alert)
        effect = ", ".join(f"{EFFECTS[alert.state]} {alert.severity}" for alert in changed)
        self._tell(second, "taken", message.key, described(attempt, second), effect)
        self._judge(second, message.key)

    def _discard(self, alert: Alert) -> None:
        self._open[alert.key] = {each for each in self._open[alert.key] if each.id != alert.id}

    def _judge(self, second: int, key: str) -> None:
        """Compare a key's open alerts with what it was told, as soon as the newest that was published was taken."""
        run = self.run_
        if run.told[key] != run.newest[key]:
            return
        run.judged += 1
        if not is_right(self._scenario, run.told[key], self._open[key]) and key not in run.wrong_since:
            run.wrong_since[key] = second  # for good: a repeat may heal it, and until then nobody knew of the alarm
            self._tell(second, "wrong", key, f"{run.told[key].state}, and {len(self._open[key])} alerts open")

    def _tell(self, second: int, what: str, key: str, text: str, effect: str = "") -> None:
        entry = Entry(second, what, key, text, effect)
        self.run_.timeline.append(entry)
        if self._on_entry:
            self._on_entry(entry)


def described(attempt: Try, second: int) -> str:
    """Describe a message: type, state, time if late, and copy."""
    message = attempt.published
    words = [message.kind, message.state if message.state != OK else ""]
    if second - message.minute * 60 > MAX_PROMPT:
        words.append(f"of {clock(message.minute * 60)}")
    if attempt.copy:
        words.append(f"(copy {attempt.copy + 1})")
    return " ".join(filter(None, words))


def clock(second: int) -> str:
    """Return a time of a scenario, as `26:05:02`."""
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def is_right(scenario: Scenario, told: Published, alerts: set[Alert] | list[Alert]) -> bool:
    """Say whether the open alerts of a key are those of what it was told last: none, or one (of its severity, if separate)."""
    if told.state == OK:
        return not alerts
    separate = scenario.escalation == "separate" and told.source in scenario.alarms
    return len(alerts) == 1 and (not separate or next(iter(alerts)).severity == told.state)
