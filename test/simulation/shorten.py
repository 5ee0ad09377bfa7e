"""Makes a scenario that breaks as short as can be, by leaving out and shortening whatever it breaks without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from simulation import oci
from simulation.cut import KINDS, altered, begun_later
from simulation.scenario import FIRST_DELAY, Alarm, Scenario, Stretch

SECONDS = 20.0  # of searching
MAX_UNUSUAL = 3  # messages that are delivered in an unusual way: their numbers are searched as well


def shorten(scenario: Scenario, breaks: Callable[[Scenario], bool], seconds: float = SECONDS) -> Scenario:
    """Return a scenario that breaks, and no shorter one of its kind that does was found in the time."""
    end = time.monotonic() + seconds
    found = True
    while found:
        found = False
        for shorter in _shorter(scenario):
            if time.monotonic() > end:
                return scenario
            if shorter != scenario and breaks(shorter):
                scenario, found = shorter, True
                break
    return _tidied(scenario)


def alone(scenario: Scenario, source: str) -> Scenario:
    """Return the scenario of one alarm, problem or budget."""
    kept = {kind: {name: value for name, value in getattr(scenario, kind).items() if name == source} for kind in KINDS}
    return _tidied(altered(scenario, **kept))


def _tidied(scenario: Scenario) -> Scenario:
    """Leave out what is said of messages that are not published."""
    names = {each.name for each in oci.run(scenario).published}
    return altered(scenario, deliveries={name: delays for name, delays in scenario.deliveries.items() if name in names})


def _shorter(scenario: Scenario) -> Iterator[Scenario]:
    """Yield shorter scenarios, the much shorter ones first."""
    for kind in KINDS:
        for fewer in _without(getattr(scenario, kind)):
            yield altered(scenario, **{kind: fewer})
    for troubles in _parts(scenario.troubles):
        yield altered(scenario, troubles=troubles)
    for deliveries in _parts(tuple(scenario.deliveries.items())):
        yield altered(scenario, deliveries=dict(deliveries))
    for minutes in (scenario.minutes // 2, scenario.minutes // 8, scenario.minutes // 32):
        if minutes:
            yield begun_later(scenario, minutes)
    for minutes in _smaller(scenario.minutes, 1):
        yield altered(scenario, minutes=minutes)
    for name, alarm in scenario.alarms.items():
        for shorter_alarm in _shorter_alarms(alarm):
            shorter = altered(scenario, alarms={**scenario.alarms, name: shorter_alarm})
            yield shorter
            if 0 < len(scenario.deliveries) <= MAX_UNUSUAL:
                yield from (altered(shorter, deliveries=_earlier(scenario.deliveries, by)) for by in range(1, MAX_UNUSUAL + 1))
    for kind in KINDS[1:]:
        for name, steps in getattr(scenario, kind).items():
            for fewer_steps in _parts(steps):
                yield altered(scenario, **{kind: {**getattr(scenario, kind), name: fewer_steps}})
    for by in (50, 10, 1):
        yield altered(scenario, deliveries=_earlier(scenario.deliveries, by))
    for name, delays in scenario.deliveries.items():
        for fewer_delays in (*_parts(delays), *_each_smaller(delays)):
            yield altered(scenario, deliveries={**scenario.deliveries, name: fewer_delays or (FIRST_DELAY,)})


def _earlier(deliveries: Mapping[str, tuple[int, ...]], by: int) -> dict[str, tuple[int, ...]]:
    """Return message numbers shifted to earlier messages."""
    numbered = [(name.partition("#"), delays) for name, delays in deliveries.items()]
    if any(int(number) <= by for (_, _, number), _ in numbered):
        return dict(deliveries)
    return {f"{key}#{int(number) - by}": delays for (key, _, number), delays in numbered}


def _shorter_alarms(alarm: Alarm) -> Iterator[Alarm]:
    plain = Alarm(alarm.streams)
    for attribute in ("changes", "split", "absent", "sample", "pending", "severities"):
        if getattr(alarm, attribute) != getattr(plain, attribute):
            yield replace(alarm, **{attribute: getattr(plain, attribute)})
    for streams in _parts(alarm.streams):
        if streams:
            yield replace(alarm, streams=streams)
    for i, trace in enumerate(alarm.streams):
        shorter = [*_parts(trace)] + [
            (*trace[:j], Stretch(minutes, stretch.level), *trace[j + 1 :])
            for j, stretch in enumerate(trace)
            for minutes in _smaller(stretch.minutes, 1)
        ]
        for each in filter(None, shorter):
            yield replace(alarm, streams=(*alarm.streams[:i], each, *alarm.streams[i + 1 :]))


def _without(items: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for fewer in _parts(tuple(items.items())):
        yield dict(fewer)


def _parts(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the items without half of them, without a quarter, …, without one."""
    size = len(items)
    while size:
        for begin in range(0, len(items), size):
            yield items[:begin] + items[begin + size :]
        size //= 2


def _smaller(number: int, least: int) -> Iterator[int]:
    for smaller in (least, number // 2, number - 10, number - 1):
        if least <= smaller < number:
            yield smaller


def _each_smaller(numbers: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for i, number in enumerate(numbers):
        for smaller in _smaller(number, 0):
            yield (*numbers[:i], smaller, *numbers[i + 1 :])
