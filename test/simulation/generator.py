"""Makes up scenarios: what alarms do, how ONS delivers, and what fails, out of numbers that chance or Hypothesis chooses."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from simulation import oci
from simulation.messages import SAMPLES, UNGUARDED
from simulation.scenario import FIRST_DELAY, GUIDES_WINDOW, REST, Alarm, Change, Level, Scenario, Step, Stretch, Trouble

T = TypeVar("T")
Choose = Callable[[int, int], int]  # a number between two; the lower, the simpler the scenario
Sides = tuple[Sequence[str], Sequence[str]]  # what opens an alert, and what closes it
HOUR = 3600
PROBLEM_SIDES: Sequence[Sides] = [(("problemdetected",), ("problemremediated", "problemdismissed"))]
BUDGET_SIDES: Sequence[Sides] = [(("ACTUAL", "FORECAST"), ("RESET",))]
PAIR_SIDES: Sequence[Sides] = [((begins,), (over,)) for begins, over in oci.PAIRS.items()]


@dataclass(frozen=True)
class Chaos:
    """What may go wrong. Per cents of the messages, seconds, and numbers a day."""

    held_up: int = 0  # per cent that come up to `delay` seconds late
    delay: int = 0
    doubled: int = 0  # per cent that come once more, up to `delay` seconds later
    late_doubles: int = 0  # per cent that come once more within two hours
    changes: bool = False  # operators suppress, edit, disable and delete alarms
    outages: int = 0  # of SpaceONE, up to an hour each
    restarts: int = 0  # of a plugin
    kills: int = 0  # of the relay, and of a Redis that forgets


CHAOS = {
    "none": Chaos(),
    "late": Chaos(held_up=30, delay=238, doubled=15),
    "rough": Chaos(held_up=30, delay=238, doubled=15, late_doubles=5, changes=True, outages=2),
    "failures": Chaos(held_up=30, delay=238, doubled=15, late_doubles=5, changes=True, outages=2, restarts=6, kills=3),
}
REPEATS = (5, 0, 1, 9, 15, 60)  # minutes; those that a scenario chooses from


@dataclass(frozen=True)
class Plan:
    """What a scenario is to be like. `repeat` None: any; `window` seconds; `chaos` is a key of CHAOS."""

    hours: int = 6
    alarms: int = 5
    window: int = GUIDES_WINDOW
    repeat: int | None = None
    chaos: str = "rough"
    escalation: str = "join"
    replicas: int = 1
    relayed: bool = False


def random_scenario(plan: Plan, seed: int) -> Scenario:
    """Return the scenario of a seed."""
    return replace(scenario(plan, random.Random(seed).randint), seed=seed)


def scenario(plan: Plan, choose: Choose) -> Scenario:
    """Make up a scenario."""
    return Teller(plan, choose).scenario()


class Teller:
    """Makes the choices of one scenario."""

    def __init__(self, plan: Plan, choose: Choose) -> None:
        self._plan, self._choose, self._chaos = plan, choose, CHAOS[plan.chaos]
        self._busy = plan.hours * 60  # minutes in which something may happen; then the scenario comes to rest

    def scenario(self) -> Scenario:
        """Return the scenario, at rest after REST minutes more."""
        plan = self._plan
        lasting = plan.window > plan.hours * HOUR  # what cannot repeat needs a window that is longer than it lasts
        told = Scenario(
            minutes=self._busy + REST,
            alarms={f"alarm-{number}": self._alarm() for number in range(1, plan.alarms + 1)},
            problems=dict(self._events("problem", PROBLEM_SIDES, lasting)),
            budgets=dict(self._events("budget", BUDGET_SIDES, lasting)),
            troubles=tuple(sorted(self._troubles())),
            window=plan.window,
            escalation=plan.escalation,
            replicas=plan.replicas,
            relayed=plan.relayed,
        )
        told = replace(told, deliveries=dict(self._deliveries(told)))
        # Last, so that the rest of a seed's scenario is what it was before there were pairs.
        told = replace(told, pairs=dict(self._events("pair", PAIR_SIDES, lasting)))
        return replace(told, deliveries={**told.deliveries, **dict(self._deliveries(told, told.pairs))})

    def _chance(self, per_cent: int) -> bool:
        return per_cent > 0 and self._choose(0, 99) >= 100 - per_cent

    def _one_of(self, items: Sequence[T]) -> T:
        return items[self._choose(0, len(items) - 1)]

    def _alarm(self) -> Alarm:
        rules = self._one_of((("CRITICAL",), ("WARNING",), ("WARNING", "CRITICAL")))
        split = self._chance(40)
        absent = self._chance(10)
        return Alarm(
            streams=tuple(tuple(self._trace(len(rules))) for _ in range(self._choose(1, 3))),
            severities=rules[:1] if absent else rules,
            split=split,
            pending=self._choose(1, 3),
            repeat=self._one_of(REPEATS) if self._plan.repeat is None else self._plan.repeat,
            absent=absent,
            sample=self._one_of([each for each in SAMPLES if each not in UNGUARDED]),
            changes=tuple(self._changes()) if self._chaos.changes and self._chance(15) else (),
        )

    def _trace(self, rules: int) -> Iterator[Stretch]:
        left = self._busy
        while left > 0:
            level: Level = self._one_of((0, *range(1, rules + 1), None))
            # An hour or, quiet, some of them; or some minutes; or it flaps.
            minutes = min(left, self._choose(1, self._one_of((60 if level else 240, 20, 3))))
            left -= minutes
            yield Stretch(minutes, level)
        if self._chance(75):
            yield Stretch(1, 0)

    def _changes(self) -> Iterator[Change]:
        minute = self._choose(0, self._busy)
        first, second = self._one_of((("edit", "edit"), ("suppress", "resume"), ("disable", "enable"), ("delete", "delete")))
        yield Change(minute, first)
        if second != first:
            yield Change(min(minute + self._choose(1, 60), self._busy), second)

    def _events(self, name: str, sides: Sequence[Sides], wanted: bool) -> Iterator[tuple[str, tuple[Step, ...]]]:
        for number in range(1, self._plan.alarms // 2 + 1 if wanted else 1):
            opening, closing = self._one_of(sides) if len(sides) > 1 else sides[0]
            minutes = sorted({self._choose(0, self._busy) for _ in range(self._choose(1, 4))})
            yield (
                f"{name}-{number}",
                tuple(Step(minute, self._one_of(closing if turn % 2 else opening)) for turn, minute in enumerate(minutes)),
            )

    def _troubles(self) -> Iterator[Trouble]:
        chaos = self._chaos
        for what, number, longest in (
            ("platform", chaos.outages, HOUR),
            ("plugin", chaos.restarts, 0),
            ("redis", chaos.kills if self._plan.replicas > 1 else 0, HOUR),
            ("relay", chaos.kills if self._plan.relayed else 0, HOUR // 4),
        ):
            for _ in range(self._choose(0, -(-number * self._busy // 1440)) if number else 0):
                yield Trouble(self._choose(0, self._busy * 60), what, self._choose(0, longest))

    def _deliveries(self, told: Scenario, only: Collection[str] | None = None) -> Iterator[tuple[str, tuple[int, ...]]]:
        chaos = self._chaos
        published = oci.run(told).published if chaos.delay else ()
        for message in (each for each in published if only is None or each.source in only):
            most = (told.minutes - message.minute) * 60 - 1  # all comes before the end
            delays = [self._choose(FIRST_DELAY, chaos.delay) if self._chance(chaos.held_up) else FIRST_DELAY]
            if self._chance(chaos.doubled):
                delays.append(self._choose(0, chaos.delay))
            if self._chance(chaos.late_doubles):
                delays.append(self._choose(0, 2 * HOUR))
            if delays != [FIRST_DELAY]:
                yield message.name, tuple(min(delay, most) for delay in delays)
