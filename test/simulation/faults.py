"""Mistakes in the guard, the keys and the states, put into the plugin of this process: the simulation must find every one."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from plugin.connector import local_memory
from plugin.connector.local_memory import LocalMemory
from plugin.manager import event_manager
from plugin.model.event import Event, EventType, Ignored
from plugin.ons.check import order
from plugin.ons.check.order import Entry, State
from plugin.ons.escalation import split_by_severity
from plugin.ons.kind import budget, cloud_guard, oci_event, vocabulary
from plugin.ons.kind.alarm import sent
from plugin.ons.kind.alarm.event import alarm_event
from plugin.ons.kind.pairs import Facts, Transition, transition_of
from plugin.setting.option import Options

state_of, event_types = order._state, vocabulary.MESSAGE_TYPES


@dataclass(frozen=True)
class Fault:
    """What stands in place of an attribute of a module or class, and the plan of scenarios in which it matters."""

    owner: Any
    attribute: str
    mistake: Any
    plan: Mapping[str, Any] = field(default_factory=dict)


def passes(event: Event, _: State | None, __: State | None) -> Event:
    return event


def older_follows(state: State, other: State) -> bool:
    return state.at < other.at


def keeps_the_first(memory: LocalMemory, entry: Entry, _: datetime) -> State | None:
    states = memory._by_owner.setdefault(entry.owner, OrderedDict())
    return states.setdefault(entry.key, (entry.state, math.inf))[0] if entry.state else None


def arrival_counts(event: Event, at: datetime, now: datetime, *, by_severity: bool) -> State:
    return replace(state_of(event, at, now, by_severity=by_severity), at=now)


def no_severities(event: Event, at: datetime, now: datetime, *, by_severity: bool) -> State:
    return state_of(event, at, now, by_severity=False)


def drops_repeats(event: Event, state: State | None, newest: State | None) -> Event | Ignored:
    if state is None or newest is None or (newest.name != state.name and state.follows(newest)):
        return event
    return vocabulary.NO_STATE_CHANGE


def keyed(make_key: Callable[[Event], str], make_event: Callable[..., Event] = alarm_event) -> Callable[..., Event]:
    def made_event(*arguments: Any, **fields: Any) -> Event:
        event = make_event(*arguments, **fields)
        return replace(event, event_key=make_key(event))

    return made_event


def the_events_own(event_id: str, *_: str) -> str:
    return event_id


def never_over(facts: Facts) -> Transition | None:
    transition = transition_of(facts)
    return replace(transition, is_over=False) if transition else None


def closes_no_other(event: Event, options: Options) -> list[Event]:
    events = split_by_severity(event, options)
    return events[:1] if event.event_type is EventType.ALERT else events


SEPARATE = {"escalation": "separate"}
FAULTS = {
    "guard: everything passes": Fault(order, "judge", passes),
    "guard: the older state stands": Fault(State, "follows", older_follows),
    "guard: the first state is kept for ever": Fault(LocalMemory, "_exchange", keeps_the_first),
    "guard: the time of arrival counts": Fault(order, "_state", arrival_counts),
    "guard: it forgets after ten minutes": Fault(local_memory, "MEMORY_SECONDS", 600),
    "guard: a repeat counts as a double": Fault(order, "judge", drops_repeats, {"window": 600, "repeat": 5, "chaos": "late"}),
    "guard: severities are no states": Fault(order, "_state", no_severities, SEPARATE),
    "key: the alarm's, not the stream's": Fault(sent, "alarm_event", keyed(lambda event: event.additional_info["alarm_id"])),
    "key: with the time": Fault(sent, "alarm_event", keyed(lambda event: f"{event.event_key}{event.occurred_at}")),
    "key: with the severity": Fault(sent, "alarm_event", keyed(lambda event: f"{event.event_key}{event.severity}")),
    "key: the budget's, not the rule's": Fault(budget, "Event", keyed(lambda event: event.event_key.partition("/")[0], Event)),
    "key: the event's, not the pair's": Fault(oci_event, "_key", the_events_own),
    "state: an OK_TO_FIRING opens nothing": Fault(
        vocabulary, "MESSAGE_TYPES", event_types | {"OK_TO_FIRING": vocabulary.NO_STATE_CHANGE}
    ),
    "state: a RESET fires": Fault(vocabulary, "MESSAGE_TYPES", event_types | {"RESET": EventType.ALERT}),
    "state: a RULE_CHANGE closes": Fault(vocabulary, "MESSAGE_TYPES", event_types | {"RULE_CHANGE": EventType.RECOVERY}),
    "state: a remediated problem fires": Fault(
        cloud_guard, "EVENT_TYPES", cloud_guard.EVENT_TYPES | {"problemremediated": EventType.ALERT}
    ),
    "state: what is over opens an alert": Fault(oci_event, "transition_of", never_over),
    "state: other severities stay open": Fault(event_manager, "split_by_severity", closes_no_other, SEPARATE),
}


@contextmanager
def made(name: str) -> Iterator[None]:
    """Let the plugin of this process make a mistake."""
    fault = FAULTS[name]
    with patch.object(fault.owner, fault.attribute, fault.mistake):
        yield
