"""A scenario without its beginning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulation import oci
from simulation.scenario import Alarm, Scenario

KINDS = ("alarms", "problems", "budgets", "pairs")


def begun_later(scenario: Scenario, minutes: int) -> Scenario:
    """Return a scenario without its first minutes; what comes later is delivered as before."""
    shorter = altered(
        scenario,
        minutes=scenario.minutes - minutes,
        alarms={name: _cut(alarm, minutes) for name, alarm in scenario.alarms.items()},
        troubles=tuple(
            each._replace(second=each.second - minutes * 60) for each in scenario.troubles if each.second >= minutes * 60
        ),
        **{
            kind: {
                name: tuple(step._replace(minute=step.minute - minutes) for step in steps if step.minute >= minutes)
                for name, steps in getattr(scenario, kind).items()
            }
            for kind in KINDS[1:]
        },
    )
    names = {(each.key, each.minute + minutes): each.name for each in oci.run(shorter).published}
    kept = {
        names[each.key, each.minute]: scenario.deliveries[each.name]
        for each in oci.run(scenario).published
        if each.name in scenario.deliveries and (each.key, each.minute) in names
    }
    return altered(shorter, deliveries=kept)


def _cut(alarm: Alarm, minutes: int) -> Alarm:
    streams = []
    for trace in alarm.streams:
        left, cut = minutes, []
        for stretch in trace:
            gone = min(left, stretch.minutes)
            left -= gone
            cut += [stretch._replace(minutes=stretch.minutes - gone)] if stretch.minutes > gone else []
        streams.append(tuple(cut) or trace[-1:])
    changes = tuple(each._replace(minute=each.minute - minutes) for each in alarm.changes if each.minute >= minutes)
    return replace(alarm, streams=tuple(streams), changes=changes)


def altered(scenario: Scenario, **changes: Any) -> Scenario:
    """Return a scenario with other values."""
    return replace(scenario, **changes)
