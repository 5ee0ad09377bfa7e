"""Messages made of stored ones keep their wrapping, their key and their streams."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from corpus.cases import CASES, FIXTURES, Plugin, arrived, case_name, load, load_case
from corpus.spoil import spoiled_fixtures
from oci_connect.reconcile.message import SENT_BY_US, UNNAMED, make, same, subject_of
from oci_connect.reconcile.state import Post, Subject

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRING = load(FIXTURES / "alarm/firing_compute.json")
SPLIT = load(FIXTURES / "alarm/split_stream_a.json")
ALARM = FIRING["alarmMetaData"][0]["id"]
WRAPPINGS = {
    "bare": lambda body: body,
    "by a relay": lambda body: {"headers": {"x-oci-ns-topicocid": "t", "x-oci-ns-signature": "s"}, "text": json.dumps(body)},
    "in an envelope": lambda body: {"type": "Notification", "topicId": "t", "signature": "s", "message": json.dumps(body)},
    "an object in an envelope": lambda body: {"type": "Notification", "topicId": "t", "message": body},
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
@pytest.mark.parametrize("kind", ["OK_TO_FIRING", "REPEAT", "FIRING_TO_OK"])
def test_what_is_made_is_understood_and_has_the_same_key(wrap, kind):
    made = make(Post(kind, wrap(FIRING), AT, "WARNING"))
    (event,) = Plugin().parse({}, made)
    (before,) = Plugin().parse({}, wrap(FIRING))
    assert event["event_key"] == before["event_key"]
    assert event["event_type"] == ("RECOVERY" if kind == "FIRING_TO_OK" else "ALERT")
    assert event["occurred_at"] == "2026-03-02T09:00:00.000Z"
    assert subject_of(made) == Subject(ALARM)
    assert "signature" not in json.dumps(made), "it would not hold any more"


def test_what_a_firing_measured_is_not_said_of_a_later_one_and_the_text_says_so():
    made = make(Post("OK_TO_FIRING", FIRING, AT))
    assert "85.5" not in json.dumps(made) and made["body"].startswith(SENT_BY_US)
    again = make(Post("FIRING_TO_OK", made, AT))
    assert again["body"].count(SENT_BY_US) == 1
    assert FIRING["alarmMetaData"][0]["metricValues"], "what is stored is not changed"


def test_a_stream_is_known_by_its_dimensions_never_by_a_title():
    one, other = subject_of(SPLIT), subject_of({**SPLIT, "title": "another"})
    assert one == other and one.stream
    silent = {name: value for name, value in SPLIT.items() if name != "notificationType"}
    assert subject_of(silent).stream == () and subject_of(silent, lambda _: True) == one
    nameless = {**SPLIT, "alarmMetaData": [{**SPLIT["alarmMetaData"][0], "dimensions": []}]}
    assert subject_of(nameless).stream == UNNAMED


@pytest.mark.parametrize(
    "raw", [{}, {"headers": {}, "text": "no JSON"}, {"message": "text"}, {"alarmMetaData": 7}, {"text": [], "headers": 1}]
)
def test_what_is_no_alarm_is_about_none(raw):
    assert subject_of(raw) is None


def test_messages_are_the_same_whether_or_not_a_struct_made_their_numbers_floats():
    assert same({"a": [1, {"b": 2.0}]}, {"a": [1.0, {"b": 2}]}) and not same({"a": 1}, {"a": 2})


ALARMS = [path for path in CASES if path.parent.name in ("alarm", "alarm_specification")]


@pytest.mark.parametrize("path", ALARMS, ids=[case_name(path) for path in ALARMS])
def test_an_alarm_is_known_by_what_the_plugin_knows_it_by_and_stays_so(path):
    case = load_case(path)
    plugin = Plugin(clock=lambda zone: case.now or datetime.now(zone))
    options = {name: value for name, value in case.options.items() if name != "escalation"}  # one message, one event
    for event in plugin.parse(options, case.data):
        alarm = event["additional_info"].get("alarm_id", "")
        subject = subject_of(case.data, known=alarm)
        assert (subject.alarm if subject else "") == (alarm if alarm.startswith("ocid1.alarm.") else "")
        if subject:
            for kind in ("OK_TO_FIRING", "FIRING_TO_OK"):
                made = make(Post(kind, case.data, AT))
                (told,) = Plugin().parse(options, arrived(made))
                assert told["event_key"] == event["event_key"]
                assert told["event_type"] == ("ALERT" if kind == "OK_TO_FIRING" else "RECOVERY")


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(spoiled_fixtures())
def test_whatever_is_stored_a_message_is_made_or_it_is_about_no_alarm(body):
    if subject_of(body, known=ALARM):
        make(Post("REPEAT", body, AT, "CRITICAL"))
