"""Deliveries in any order and any number of times, and the alerts that the platform would have open after them."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import uuid
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from corpus.cases import FIXTURES, Plugin, load
from plugin.connector.local_memory import LocalMemory
from plugin.model.event import Event, EventType, Severity
from plugin.ons.check.order import RANKS, entry, judge
from plugin.ons.kind.alarm import sent, specification

FIRING = load(FIXTURES / "alarm/firing_compute.json")
START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
OK = "OK"
TYPES_BY_STATE = {  # an alarm's state: OK, or the severity that it fires with
    OK: ("FIRING_TO_OK", "RESET", "RULE_CHANGE"),
    "WARNING": ("OK_TO_FIRING", "REPEAT", "RULE_CHANGE"),
    "CRITICAL": ("OK_TO_FIRING", "REPEAT", "RULE_CHANGE"),
}
STATES = st.sampled_from(list(TYPES_BY_STATE))
ALARMS = st.integers(0, 1)
CHOICES = st.integers(0, 2)  # of a state's three message types


def memory_in_the_process():
    """Return a memory that does not keep events apart in time."""
    return LocalMemory(spacing=0)


def after(minutes):
    """Return the time some minutes after START."""
    return START + dt.timedelta(minutes=minutes)


def message(key, kind, minute, severity="CRITICAL"):
    """Return the alarm `key` in a state, some minutes after START; without a key it has no OCID either."""
    body = copy.deepcopy(FIRING) | {"type": kind, "severity": severity, "timestamp": after(minute).isoformat()}
    body["alarmMetaData"][0]["severity"] = severity
    if kind in ("FIRING_TO_OK", "RESET"):
        body["alarmMetaData"][0]["status"] = "OK"
    if not key:
        del body["dedupeKey"], body["alarmMetaData"][0]["id"]
        return body
    return body | {"dedupeKey": key}


def message_in(state, key, kind, minute):
    """Return the alarm `key` in OK, or firing with a severity."""
    body = message(key, kind, minute, "CRITICAL" if state == OK else state)
    body["alarmMetaData"][0]["status"] = OK if state == OK else "FIRING"
    return body


@dataclass(frozen=True)
class Sent:
    """A message that can be delivered; `true` says that its time is that of its sending."""

    key: str
    state: str
    kind: str
    minute: int
    true: bool = True


@dataclass(frozen=True)
class Delivered:
    """What was delivered of an alarm: since which minute it is known to be in a state, never later than the delivery."""

    minute: int
    state: str


class Served(RuleBasedStateMachine):
    """A plugin with its own memory, a clock in minutes, and the messages sent to it."""

    make_memory = memory_in_the_process

    def __init__(self):
        super().__init__()
        self.minute = 0
        self.manager = Plugin(type(self).make_memory(), clock=lambda zone: after(self.minute))
        self.run = uuid.uuid4().hex
        self.sent = []


class Deliveries(Served):
    """Alarms send messages at rising times; they are delivered in any order and any number of times.

    Some senders write times of the future. What they say of an alarm may be wrong, but hides nothing that is sent later.
    """

    escalation = "join"

    def __init__(self):
        super().__init__()
        self.delivered = {}
        self.lied = set()
        self.open = set()

    @rule(alarm=ALARMS, state=STATES, choice=CHOICES)
    def send(self, alarm, state, choice):
        self.minute += 1
        self.sent.append(Sent(f"{self.run}-{alarm}", state, TYPES_BY_STATE[state][choice], self.minute))

    @rule(alarm=ALARMS, state=STATES, choice=CHOICES, ahead=st.integers(1, 60))
    def send_from_the_future(self, alarm, state, choice, ahead):
        kind = TYPES_BY_STATE[state][choice]
        self.sent.append(Sent(f"{self.run}-{alarm}", state, kind, self.minute + ahead, true=False))

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes):
        self.minute += minutes

    @precondition(lambda self: self.sent)
    @rule(back=st.integers(0, 5))
    def deliver(self, back):
        self._deliver(self.sent[-1 - back % len(self.sent)])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def deliver_any(self, data):
        self._deliver(data.draw(st.sampled_from(self.sent)))

    def _deliver(self, sent):
        events = self.parse(message_in(sent.state, sent.key, sent.kind, sent.minute))
        before = self.delivered.setdefault(sent.key, [])
        now = Delivered(min(sent.minute, self.minute), sent.state)
        if not events:
            assert any(self.contradicts(other, now) for other in before), "nothing newer was known, and it was dropped"
        before.append(now)
        if not sent.true:
            self.lied.add(sent.key)
        for event in events:
            (self.open.add if event["event_type"] == "ALERT" else self.open.discard)(event["event_key"])

    @rule(state=STATES, choice=CHOICES, minute=st.integers(0, 600))
    def deliver_without_a_key(self, state, choice, minute):
        assert self.parse(message_in(state, "", TYPES_BY_STATE[state][choice], minute)), "no other's alarm may hide it"

    def parse(self, body):
        return self.manager.parse({"escalation": self.escalation}, body)

    def contradicts(self, other, one):
        """Say whether another state of an alarm is known to be newer, or to be the higher severity of two at one time."""
        higher = 0 < RANKS.get(one.state, 0) < RANKS.get(other.state, 0)
        return other.state != one.state and (other.minute > one.minute or (other.minute == one.minute and higher))

    @invariant()
    def open_is_what_fires_in_the_newest_state_delivered(self):
        truthful = self.delivered.keys() - self.lied
        newest = {key: max(self.delivered[key], key=lambda each: each.minute) for key in truthful}
        firing = {self.alert(key, each.state) for key, each in newest.items() if each.state != OK}
        assert {each for each in self.open if each.partition("/")[0] in truthful} == firing

    def alert(self, key, state):
        return key if self.escalation == "join" else f"{key}/{state}"


def _settings(examples):
    """Return the profile's settings, or its number of examples replaced."""
    return settings(stateful_step_count=30, max_examples=examples or settings().max_examples)


def run_deliveries(make_memory, escalation="join", examples=None):
    machine = type("Deliveries", (Deliveries,), {"make_memory": staticmethod(make_memory), "escalation": escalation})
    run_state_machine_as_test(machine, settings=_settings(examples))


PAIRS = {  # event types whose events begin a trouble, and the like that say it is over: type, own name, lifecycleState
    "database": (
        ("databaseservice.autonomous.database.critical", "DatabaseDownBegin", ""),
        ("databaseservice.autonomous.database.critical", "DatabaseDownEnd", ""),
    ),
    "connection": (
        ("databaseservice.exadatainfrastructureconnectstatus", "", "DISCONNECTED"),
        ("databaseservice.exadatainfrastructureconnectstatus", "", "CONNECTED"),
    ),
    "replication": (("GoldenGate.stateNeedsAttention", "", ""), ("goldengate.stateactive", "", "")),
}
NEWS = (  # events of the same resources that close nothing
    ("databaseservice.automaticbackupdatabase.end", "", "AVAILABLE"),
    ("databaseservice.autonomous.database.critical", "DatabaseDownSomehow", ""),
    ("databaseservice.exadatainfrastructureconnectstatus", "", "NEW_STATE"),
    ("goldengate.stateupdating", "", ""),
)
RESOURCES = ("ocid1.thing.oc1.iad.a", "OCID1.THING.OC1.IAD.B")


class Pairs(Served):
    """Two resources have troubles of several pairs, which begin and are over; deliveries come in any order and again."""

    def __init__(self):
        super().__init__()
        self.newest = {}
        self.open = {}

    @rule(pair=st.sampled_from(list(PAIRS)), resource=st.sampled_from(RESOURCES), is_over=st.booleans())
    def send(self, pair, resource, is_over):
        self.minute += 1
        self.sent.append((pair, resource, is_over, self.minute))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def deliver(self, data):
        pair, resource, is_over, minute = data.draw(st.sampled_from(self.sent))
        trouble = (pair, resource)
        events = self.manager.parse({}, self.event(PAIRS[pair][is_over], resource, minute))
        self.newest[trouble] = max(self.newest.get(trouble, (0, False)), (minute, is_over))
        for event in events:
            assert event["event_type"] == ("RECOVERY" if is_over else "ALERT")
            if is_over:
                self.open.pop(event["event_key"], None)
            else:
                self.open[event["event_key"]] = trouble

    @rule(news=st.sampled_from(NEWS), resource=st.sampled_from(RESOURCES))
    def deliver_news(self, news, resource):
        self.minute += 1
        for event in self.manager.parse({}, self.event(news, resource, self.minute)):
            assert event["event_type"] == "ALERT"
            assert event["event_key"] not in self.open

    def event(self, clues, resource, minute):
        event_type, name, state = clues
        details = {"eventName": name, "lifecycleState": state}
        return {
            "eventType": f"com.oraclecloud.{event_type}",
            "cloudEventsVersion": "0.1",
            "eventID": uuid.uuid4().hex,
            "eventTime": after(minute).isoformat(),
            "data": {"resourceId": resource + self.run, "resourceName": "sales", "additionalDetails": details},
        }

    @invariant()
    def open_is_what_began_and_is_not_over(self):
        begun = sorted(trouble for trouble, (_, is_over) in self.newest.items() if not is_over)
        assert sorted(self.open.values()) == begun


def run_pairs(make_memory, examples=None):
    machine = type("Pairs", (Pairs,), {"make_memory": staticmethod(make_memory)})
    run_state_machine_as_test(machine, settings=_settings(examples))


class Forgeries(RuleBasedStateMachine):
    """Signed messages are judged as if there were no others: anybody may send the others, under any key."""

    make_memory = memory_in_the_process

    def __init__(self):
        super().__init__()
        self.shared, self.signed_alone = type(self).make_memory(), type(self).make_memory()
        self.run = uuid.uuid4().hex

    @rule(
        alarm=ALARMS,
        event_type=st.sampled_from(EventType),
        severity=st.sampled_from(Severity),
        minute=st.integers(0, 60),
        now=st.integers(0, 60),
        by_severity=st.booleans(),
    )
    def deliver_signed(self, alarm, event_type, severity, minute, now, by_severity):
        event = event_of(f"{self.run}-{alarm}", event_type, severity, minute)
        alone = event_of(f"{self.run}-alone-{alarm}", event_type, severity, minute)
        judged = [
            isinstance(told(memory, each, after(now), by_severity=by_severity, verified_topic="t"), Event)
            for each, memory in ((event, self.shared), (alone, self.signed_alone))
        ]
        assert judged[0] == judged[1]

    @rule(
        alarm=ALARMS,
        event_type=st.sampled_from(EventType),
        severity=st.sampled_from(Severity),
        minute=st.integers(0, 120),
        now=st.integers(0, 60),
        by_severity=st.booleans(),
    )
    def forge(self, alarm, event_type, severity, minute, now, by_severity):
        event = event_of(f"{self.run}-{alarm}", event_type, severity, minute)
        told(self.shared, event, after(now), by_severity=by_severity)


def told(memory, event, now, *, by_severity=False, verified_topic=None, owner=""):
    """Return what becomes of an event whose memory is told of it."""
    kind = sent.KIND if by_severity else specification.KIND
    entered = entry(event, kind, owner, now, verified_topic)
    (newest,), _ = asyncio.run(memory.exchange([entered], now))
    return judge(event, entered.state, newest)


def event_of(key, event_type, severity, minute):
    """Return an alarm's event, as little of it as its place in time needs."""
    return Event(
        event_key=key,
        event_type=event_type,
        title="t",
        description="d",
        severity=severity,
        provider="oci",
        occurred_at=after(minute),
    )


def run_forgeries(make_memory, examples=None):
    machine = type("Forgeries", (Forgeries,), {"make_memory": staticmethod(make_memory)})
    run_state_machine_as_test(machine, settings=_settings(examples))
