"""The faults of the platform that docs/upstream.md reports, each reproduced with SpaceONE's real monitoring service.

A test here that fails after an update of the service is good news: take the fault out of docs/upstream.md.
"""

import re
import uuid

import pytest

from corpus.cases import FIXTURES, load
from pages import ALERTS, table
from standin.relay_process import relay

pytestmark = pytest.mark.slow  # the service is pinned: what is true of it changes with its lock alone

FIRING = load(FIXTURES / "alarm/firing_compute.json")
REPEAT = load(FIXTURES / "alarm/repeat_compute.json")
RECOVERY = load(FIXTURES / "alarm/recovery_compute.json")
TWO_HOURS = 120  # minutes
WEEK = 604800  # seconds, what the plugin's init asks for


@pytest.fixture(autouse=True)
def _alarm_of_its_own():
    key = {"dedupeKey": uuid.uuid4().hex}
    for body in (FIRING, REPEAT, RECOVERY):
        body.update(key)


@pytest.fixture
def window(platform):
    """Return a function that sets DUPLICATE_EVENT_TIME as the chart does; the default comes back after the test."""
    yield lambda seconds: platform.configure(application=f"DUPLICATE_EVENT_TIME: {seconds}")
    platform.configure(application="{}")


def states(platform):
    return [alert["state"] for alert in platform.alerts()]


def fire_for_two_hours(platform, minutes):
    """Let an alarm fire, repeat at an interval in minutes, and recover after two hours; return the states of its alerts."""
    for number in range(TWO_HOURS // minutes):
        assert platform.post(body=REPEAT if number else FIRING) == 200
        platform.age(seconds=60 * minutes)
    assert platform.post(body=RECOVERY) == 200
    return states(platform)


@pytest.mark.parametrize(("repeat", "opened", "left_open"), table(ALERTS[0], "repeat notification"))
def test_repeats_later_than_600_seconds_leave_an_open_alert_each(platform, repeat, opened, left_open):
    minutes = TWO_HOURS if repeat == "off" else int(re.search(r"\d+", repeat)[0])
    alerts = fire_for_two_hours(platform, minutes)
    assert (str(len(alerts)), str(alerts.count("TRIGGERED"))) == (opened, left_open)


@pytest.mark.parametrize("minutes", [5, 10, 15, 60, TWO_HOURS])
def test_a_longer_duplicate_event_time_closes_them_all(platform, window, minutes):
    window(WEEK)
    assert fire_for_two_hours(platform, minutes) == ["RESOLVED"]


def test_the_window_that_the_plugin_asks_for_is_stored_one_level_too_deep(platform):
    assert platform.metadata() == {"metadata": platform.metadata()["metadata"]}
    assert platform.metadata()["metadata"]["duplicate_event_time"] == WEEK


@pytest.mark.parametrize(
    ("metadata", "closed"),
    [({"duplicate_event_time": WEEK}, True), ({"duplicate_event_time": float(WEEK)}, False), (None, False)],
    ids=["as it should be", "a float as protobuf makes it", "as it is"],
)
def test_the_window_counts_if_it_is_stored_flat_and_as_a_whole_number(platform, metadata, closed):
    for body in (FIRING, RECOVERY):
        platform.store_metadata(metadata=metadata or platform.metadata())
        assert platform.post(body=body) == 200
        platform.age(seconds=601)
    assert states(platform) == ["RESOLVED" if closed else "TRIGGERED"]


@pytest.mark.parametrize("text", ["CPU is high", '[{"title": "CPU is high"}]', '"CPU is high"', ""])
def test_plain_text_and_arrays_are_http_500_and_nothing_is_stored(platform, text):
    assert platform.post(text=text or " ") == 500
    assert platform.alerts() == platform.events() == []


@pytest.mark.parametrize("content", ["CPU is high", [{"title": "CPU is high"}]], ids=["plain text", "array"])
def test_through_the_relay_they_are_alerts(platform, tmp_path, content):
    with relay(platform.url, tmp_path / "log") as endpoint:
        kind = "text/plain" if isinstance(content, str) else "application/json"
        assert endpoint.post(content, content_type=kind)[0] == 200
    assert [(alert["title"], alert["state"]) for alert in platform.alerts()] == [("CPU is high", "TRIGGERED")]


def test_a_message_that_is_refused_again_is_an_alert_again(platform):
    for _ in range(3):
        assert platform.post(body={"foreign": 1}) == 200
    assert [(alert["state"], alert["urgency"]) for alert in platform.alerts()] == [("ERROR", "HIGH")] * 3
    assert len({event["event_key"] for event in platform.events()}) == 3


def test_the_console_offers_a_condition_that_the_service_refuses(platform):
    rule = {
        "conditions": [{"key": "resource_id", "value": "ocid1.instance", "operator": "contain"}],
        "conditions_policy": "ALL",
        "actions": {"change_urgency": "LOW"},
        "resource_group": "PROJECT",
    }
    with pytest.raises(AssertionError, match="Unsupported key"):
        platform.api(resource="EventRule", verb="create", parameters=rule)


def test_a_condition_on_the_resource_never_holds(platform):
    rule = {
        "conditions": [{"key": "resource", "value": "web-server-01", "operator": "contain"}],
        "conditions_policy": "ALL",
        "actions": {"change_urgency": "LOW"},
        "resource_group": "PROJECT",
    }
    platform.api(resource="EventRule", verb="create", parameters=rule)
    assert platform.post(body=FIRING) == 200
    assert [alert["urgency"] for alert in platform.alerts()] == ["HIGH"]
