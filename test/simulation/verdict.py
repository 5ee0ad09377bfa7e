"""Whether what is open in SpaceONE is what fires in OCI, once a scenario has come to rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from simulation.oci import OK, Published
from simulation.target import Alert
from simulation.watch import PLUGIN_AWAY
from simulation.world import Run, is_right

UNEXPLAINED = "unexplained"
UNTOLD = "OCI did not tell"


@dataclass(frozen=True)
class Wrong:
    """A sentence about one key that does not hold, and why it cannot (UNEXPLAINED: it should)."""

    key: str
    text: str
    cause: str = UNEXPLAINED


@dataclass
class Verdict:
    """What is true of a scenario at rest."""

    keys: int = 0
    firing: int = 0
    wrong: list[Wrong] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)  # keys whose last state OCI never published, or gave up delivering

    @property
    def holds(self) -> bool:
        """Whether the sentence holds of all that OCI told."""
        return not self.wrong

    @property
    def unexplained(self) -> list[Wrong]:
        """What is wrong although nothing beside the plugin explains it."""
        return [each for each in self.wrong if each.cause == UNEXPLAINED]


def judge(run: Run) -> Verdict:
    """Judge a scenario that has come to rest."""
    verdict = Verdict()
    open_alerts, opened = defaultdict(list), defaultdict(list)
    for alert in run.alerts:
        opened[alert.key].append(alert)
        if alert.is_open:
            open_alerts[alert.key].append(alert)
    for key, fires in sorted(run.outcome.fires.items()):
        verdict.keys += 1
        verdict.firing += fires != OK
        told = run.told.get(key)
        if (told.state if told else OK) != fires:
            verdict.untold.append(key)
        cause = run.causes.get(key, UNEXPLAINED)
        verdict.wrong += [Wrong(key, text, cause) for text in _wrong(run, key, told, open_alerts[key], opened[key])]
    for alert in open_alerts.pop("", []):
        verdict.wrong.append(Wrong("", alert.title, PLUGIN_AWAY if PLUGIN_AWAY in run.causes.values() else UNEXPLAINED))
    for status in sorted(set(run.statuses) - {0, 200, 503}):
        verdict.wrong.append(Wrong("", f"HTTP {status} was answered {run.statuses[status]} times"))
    return verdict


def _wrong(run: Run, key: str, told: Published | None, alerts: list[Alert], opened: list[Alert]) -> list[str]:
    texts = []
    if told is not None and not is_right(run.scenario, told, alerts):
        texts.append(
            f"{told.state} since minute {told.minute}, and open: {', '.join(each.severity for each in alerts) or 'none'}"
        )
    elif told is None and alerts:
        texts.append("nothing was told of it, and an alert is open")
    firings = _firings(run, key)
    if len(opened) > firings:
        texts.append(f"fired {firings} times, and {len(opened)} alerts were opened")
    loud = [each for each in opened if run.notifications.get(each.id) != 1]
    if loud:
        texts.append(f"{len(loud)} alerts were not notified once")
    if key in run.wrong_since and not texts:
        texts.append(f"wrong in second {run.wrong_since[key]}, and healed later")
    return texts


def _firings(run: Run, key: str) -> int:
    """Return how many alerts a key may have opened: one a firing, or one for each severity of it in turn."""
    states = [each.state for each in run.outcome.published if each.key == key]
    separate = run.scenario.escalation == "separate"
    turns = zip(states, [OK, *states], strict=False)
    return sum(state != OK and (before == OK or (separate and state != before)) for state, before in turns)
