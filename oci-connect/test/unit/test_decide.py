"""The table of decide(), and its two rules under any order of messages and answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oci_connect.reconcile.decide import decide
from oci_connect.reconcile.state import (
    FIRING,
    GONE,
    OK,
    SUSPENDED,
    UNKNOWN,
    Alert,
    Condition,
    Event,
    Kind,
    Record,
    Settings,
    Subject,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CPU = Subject("ocid1.alarm.oc1.phx.cpu")


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


def event(minutes, *, stored=None, is_alert=True, key="key", alert="a"):
    return Event(key, is_alert, ago(minutes), ago(minutes if stored is None else stored), alert, {"dedupeKey": key})


def alert(*events, name="a"):
    return Alert(name, "cpu", "TRIGGERED", min(each.stored for each in events), events=events)


def condition(status, minutes=60, **more):
    return Condition(status, ago(minutes), "CRITICAL", "cpu", **more)


def judge(said, record, wanted=None, now=NOW):
    decisions = decide({CPU: said} if said else {}, {CPU: record}, wanted or Settings(), now)
    return decisions[0] if decisions else None


OPEN = Record((alert(event(120)),))
FRESH = Record((alert(event(120, stored=1)),))
QUIET = Record((alert(event(120, stored=5)),))
CLOSED = Record(events=(event(200, is_alert=False), event(300)))
DOUBLE = Record((alert(event(120, stored=1)), alert(event(120, stored=1), name="b")))
WARNING = Record((alert(event(120, stored=1, key="key/WARNING")),), (event(120, key="key/WARNING"),))
FELL = Record(events=(event(50, is_alert=False, key="key/WARNING"), event(200, key="key/CRITICAL")))
RISING = Record((alert(event(130, stored=1, key="key/CRITICAL")), alert(event(120, stored=2, key="key/WARNING"), name="b")))

TABLE = {
    "fires, and one is open": (condition(FIRING, 120), FRESH, None, Kind.AGREE, "", ()),
    "fires, and was last told five minutes ago": (condition(FIRING, 120), QUIET, None, Kind.ALIVE, "REPEAT", ()),
    "fires, and the window is over: a repeat would open a second": (condition(FIRING, 120), OPEN, None, Kind.AGREE, "", ()),
    "fires, and no repeats are wanted": (condition(FIRING, 120), QUIET, Settings(keep_alive=False), Kind.AGREE, "", ()),
    "OK, and one is open": (condition(OK), OPEN, None, Kind.STALE, "FIRING_TO_OK", ("a",)),
    "OK, and persons resolve": (condition(OK), OPEN, Settings(resolves=False), Kind.STALE, "", ()),
    "OK, and the webhook takes signed messages alone": (condition(OK), OPEN, Settings(posts=False), Kind.STALE, "", ("a",)),
    "OK since a moment": (condition(OK, 3), OPEN, None, Kind.HELD, "", ()),
    "OK, and a firing is younger": (condition(OK, 150), OPEN, None, Kind.HELD, "", ()),
    "OK while suppressed": (condition(OK, is_suppressed=True), OPEN, None, Kind.STALE, "FIRING_TO_OK", ("a",)),
    "fires, and none is open": (condition(FIRING), CLOSED, None, Kind.MISSING, "OK_TO_FIRING", ()),
    "fires since a moment": (condition(FIRING, 3), CLOSED, None, Kind.HELD, "", ()),
    "fires, and a recovery is younger": (condition(FIRING, 250), CLOSED, None, Kind.HELD, "", ()),
    "fires, and a person resolved it": (condition(FIRING), replace(CLOSED, overruled=ago(30)), None, Kind.HELD, "", ()),
    "fires again after a person resolved it": (
        condition(FIRING),
        replace(CLOSED, overruled=ago(90)),
        None,
        Kind.MISSING,
        "OK_TO_FIRING",
        (),
    ),
    "fires while suppressed, and none is open": (condition(FIRING, is_suppressed=True), CLOSED, None, Kind.SUPPRESSED, "", ()),
    "fires while suppressed, and one is open": (condition(FIRING, 120, is_suppressed=True), QUIET, None, Kind.AGREE, "", ()),
    "fires, and was never heard of": (condition(FIRING), Record(), None, Kind.UNKNOWN, "", ()),
    "two are open for one key": (condition(FIRING, 120), DOUBLE, None, Kind.DOUBLE, "", ("b",)),
    "two are open, and persons resolve": (condition(FIRING, 120), DOUBLE, Settings(resolves=False), Kind.DOUBLE, "", ()),
    "fires, and another severity has recovered since": (condition(FIRING), FELL, None, Kind.MISSING, "OK_TO_FIRING", ()),
    "another severity is open": (condition(FIRING), WARNING, None, Kind.SEVERITY, "OK_TO_FIRING", ("a",)),
    "a younger message says another severity": (condition(FIRING, 121), WARNING, None, Kind.HELD, "", ()),
    "another severity is open, and a message of it is younger": (condition(FIRING, 150), RISING, None, Kind.HELD, "", ()),
    "another severity is open beside the right one": (condition(FIRING, 110), RISING, None, Kind.SEVERITY, "", ("b",)),
    "suspended": (condition(SUSPENDED), OPEN, None, Kind.SUPPRESSED, "", ()),
    "disabled": (condition(FIRING, is_enabled=False), OPEN, None, Kind.DISABLED, "", ()),
    "gone": (Condition(GONE), OPEN, None, Kind.GONE, "", ()),
    "gone, and that is wanted": (Condition(GONE), OPEN, Settings(gone=True), Kind.GONE, "", ("a",)),
    "unknown": (Condition(UNKNOWN, reason="OCI did not answer"), OPEN, Settings(gone=True), Kind.UNKNOWN, "", ()),
    "not answered": (None, OPEN, Settings(gone=True), Kind.UNKNOWN, "", ()),
    "OK, without a time": (replace(condition(OK), since=None), OPEN, None, Kind.UNKNOWN, "", ()),
}


@pytest.mark.parametrize(("said", "record", "wanted", "kind", "post", "resolved"), TABLE.values(), ids=TABLE)
def test_each_row_of_the_table(said, record, wanted, kind, post, resolved):
    decision = judge(said, record, wanted)
    assert decision.kind is kind, decision
    assert (decision.post.kind if decision.post else "") == post
    assert tuple(each.id for each in decision.resolve) == resolved


def test_an_alarm_that_is_ok_without_an_alert_is_not_told():
    assert judge(condition(OK), CLOSED) is None


def test_a_message_is_dated_by_the_transition_and_made_of_a_firing():
    recovery_last = Record(events=(event(200, is_alert=False, key="recovery"), event(300, key="firing")))
    decision = judge(condition(FIRING, 42), recovery_last)
    assert decision.post.since == ago(42) and decision.post.raw == {"dedupeKey": "firing"}


def test_two_keys_of_one_alarm_are_never_doubles():
    record = Record((alert(event(120, stored=1, key="a")), alert(event(120, stored=1, key="b"), name="b")))
    assert judge(condition(FIRING, 120), record).resolve == ()


@settings(max_examples=3 * settings().max_examples, deadline=None)
@given(
    changes=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    delays=st.lists(st.one_of(st.none(), st.integers(0, 200)), min_size=8, max_size=8),
    lag=st.integers(0, 30),
    wanted=st.builds(
        Settings, keep_alive=st.booleans(), gone=st.booleans(), settle=st.sampled_from([timedelta(0), timedelta(minutes=5)])
    ),
)
def test_what_fires_in_an_answer_younger_than_the_event_is_never_resolved(changes, delays, lag, wanted):
    """An alarm fires and recovers in turn; each message is delivered late, or never; OCI's answer is some minutes old."""
    minutes, at = [], 0
    for gap in changes:
        at += gap
        minutes.append(at)
    start, now = NOW - timedelta(minutes=at + 10), NOW
    moments = [(start + timedelta(minutes=minute), number % 2 == 0) for number, minute in enumerate(minutes)]
    seen = [
        Event("key", fires, when, when + timedelta(minutes=delay), "a", {})
        for (when, fires), delay in zip(moments, delays, strict=False)
        if delay is not None and when + timedelta(minutes=delay) <= now
    ]
    seen.sort(key=lambda each: each.stored, reverse=True)
    answered = [(when, fires) for when, fires in moments if when <= now - timedelta(minutes=lag)]
    since, fires = answered[-1] if answered else (start, False)
    record = Record((alert(*seen),)) if any(each.is_alert for each in seen) else Record(events=tuple(seen))
    decision = judge(Condition(FIRING if fires else OK, since, "CRITICAL", "cpu"), record, wanted, now)
    youngest = max((each.occurred for each in seen if each.is_alert), default=start)
    if decision and (decision.resolve or (decision.post and decision.post.kind == "FIRING_TO_OK")):
        assert not fires, "OCI's answer says that it fires"
        assert youngest < since, "a firing is known that is younger than the answer"
        assert now - since >= wanted.settle
    if decision and decision.post:
        assert decision.post.since == since
