"""Deliveries in any order and any number of times, and the alerts that the platform would have open after them."""

from __future__ import annotations

import datetime as dt
import uuid

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from corpus.cases import FIXTURES, load
from plugin.connector.local_memory import LocalMemory
from plugin.connector.ons_connector import OnsConnector
from plugin.manager.event_manager import EventManager
from plugin.setting.option import Options

FIRING = load(FIXTURES / "alarm/firing_compute.json")
START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.timezone.utc)
TYPES = {"OK_TO_FIRING": "ALERT", "REPEAT": "ALERT", "FIRING_TO_OK": "RECOVERY", "RESET": "RECOVERY"}


def manager_with(memory, clock=dt.datetime.now):
    return EventManager(Options(), memory, OnsConnector(), clock)


def message(key, kind, minute):
    """Return the alarm `key` in a state, so many minutes after START."""
    at = (START + dt.timedelta(minutes=minute)).isoformat()
    return FIRING | {"dedupeKey": key, "type": kind, "timestamp": at}


class Deliveries(RuleBasedStateMachine):
    """Alarms send messages at rising times; they are delivered in any order and any number of times."""

    make_memory = LocalMemory

    def __init__(self):
        super().__init__()
        self.manager = manager_with(type(self).make_memory())
        self.run = uuid.uuid4().hex
        self.sent = []
        self.delivered = {}
        self.open = set()

    @rule(alarm=st.integers(0, 2), kind=st.sampled_from(list(TYPES)))
    def send(self, alarm, kind):
        self.sent.append((f"{self.run}-{alarm}", kind, len(self.sent)))

    @rule(data=st.data())
    def deliver(self, data):
        if not self.sent:
            return
        key, kind, minute = data.draw(st.sampled_from(self.sent))
        events = self.manager.parse({}, message(key, kind, minute))
        newest_recovery = max((m for m, k in self.delivered.get(key, ()) if TYPES[k] == "RECOVERY"), default=-1)
        if TYPES[kind] == "ALERT" and minute > newest_recovery:
            assert events, "a firing newer than the last recovery was dropped"
        self.delivered.setdefault(key, set()).add((minute, kind))
        for event in events:
            (self.open.add if event["event_type"] == "ALERT" else self.open.discard)(event["event_key"])

    @invariant()
    def open_are_those_whose_newest_message_is_a_firing(self):
        assert self.open == {key for key, seen in self.delivered.items() if TYPES[max(seen)[1]] == "ALERT"}


def run_deliveries(make_memory, examples):
    Deliveries.make_memory = staticmethod(make_memory)
    run_state_machine_as_test(Deliveries, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None))
