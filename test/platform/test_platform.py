"""The plugin under SpaceONE's real monitoring service: what becomes of OCI's alarms there."""

import copy
import uuid

import pytest

from corpus.cases import FIXTURES, load
from monitoring import monitoring
from plugin_process import serve
from standin.oracle import CONFIRMATION_URL, TOKEN, oracle
from standin.relay_process import HEADERS, relay

FIRING = load(FIXTURES / "alarm/firing_compute.json")
REPEAT = load(FIXTURES / "alarm/repeat_compute.json")
RECOVERY = load(FIXTURES / "alarm/recovery_compute.json")
ENVELOPE = load(FIXTURES / "alarm_specification/firing_in_envelope.json")


@pytest.fixture(autouse=True)
def _alarms_of_its_own():
    """Give each test unique alarms, because the plugin remembers recoveries of other tests."""
    key = {"dedupeKey": uuid.uuid4().hex}
    for body in (FIRING, REPEAT, RECOVERY):
        body.update(key)


def states(platform):
    return [alert["state"] for alert in platform.alerts()]


def test_the_console_can_create_and_verify_a_webhook(platform):
    platform.verify()
    told = platform.metadata()["metadata"]  # one level deeper than meant: a mistake of the platform's
    assert told["supported_resource_type"] == ["inventory.CloudService"]


def test_a_firing_and_its_recovery_five_minutes_later_resolve_one_alert(platform):
    assert platform.post(body=FIRING) == 200
    assert states(platform) == ["TRIGGERED"]
    platform.age(seconds=300)
    assert platform.post(body=RECOVERY) == 200
    (alert,) = platform.alerts()
    assert alert["state"] == "RESOLVED"
    assert alert["title"] == "High CPU Usage Alert (web-server-01)"
    assert alert["description"].startswith("Recovered: High CPU Usage Alert")
    assert alert["urgency"] == "HIGH"
    assert [event["event_type"] for event in platform.events()] == ["ALERT", "RECOVERY"]


def test_a_repeat_joins_its_alert_and_brings_the_new_value(platform):
    for body in (FIRING, REPEAT):
        assert platform.post(body=body) == 200
    (alert,) = platform.alerts()
    assert "91.25" in alert["description"]
    assert len(platform.events()) == 2


def test_a_recovery_later_than_600_seconds_is_dropped_by_the_platform(platform):
    platform.post(body=FIRING)
    platform.age(seconds=601)
    assert platform.post(body=RECOVERY) == 200
    assert states(platform) == ["TRIGGERED"]


def test_a_repeat_in_time_keeps_the_way_open_for_a_late_recovery(platform):
    platform.post(body=FIRING)
    for _ in range(3):
        platform.age(seconds=590)
        platform.post(body=REPEAT)
    platform.age(seconds=590)
    platform.post(body=RECOVERY)
    assert states(platform) == ["RESOLVED"]


@pytest.mark.parametrize("case", ["insufficient_data", "rule_change_without_status", "unknown_status"])
def test_a_message_that_is_ignored_leaves_no_alert_and_no_error(platform, case):
    assert platform.post(body=load(FIXTURES / f"alarm/{case}.json")) == 200
    assert platform.alerts() == platform.events() == []


def test_two_alarms_are_two_alerts(platform):
    other = copy.deepcopy(FIRING) | {"dedupeKey": uuid.uuid4().hex}
    for body in (FIRING, other):
        platform.post(body=body)
    assert states(platform) == ["TRIGGERED", "TRIGGERED"]


def test_a_recovery_closes_its_own_alert_only(platform):
    for body in (FIRING, FIRING | {"dedupeKey": uuid.uuid4().hex}, RECOVERY):
        platform.post(body=body)
    assert states(platform) == ["RESOLVED", "TRIGGERED"]


def test_a_refused_body_is_one_alert_in_error_that_a_person_understands(platform):
    assert platform.post(body=load(FIXTURES / "refused/foreign.json")) == 200
    (alert,) = platform.alerts()
    assert alert["state"] == "ERROR"
    assert "its keys are alerts, groupKey, version" in alert["description"]
    assert "secret-value" not in alert["description"]


@pytest.mark.parametrize(
    "case",
    [
        "long_korean_emoji_html",
        "hundred_streams",
        "hundred_dimensions",
        "no_dimensions_no_time",
        "container_korean_abridged",
        "unreadable_time",
    ],
)
def test_what_is_odd_can_be_stored(platform, case):
    assert platform.post(body=load(FIXTURES / f"alarm/{case}.json")) == 200
    assert states(platform) == ["TRIGGERED"]


def test_the_platforms_own_default_leaves_recoveries_to_people(served, database):
    FIRING["dedupeKey"] = RECOVERY["dedupeKey"] = uuid.uuid4().hex
    with monitoring(served.target, "--recovery-mode", "MANUAL", database=database) as platform:
        platform.post(body=FIRING)
        platform.post(body=RECOVERY)
        assert states(platform) == ["TRIGGERED"]


def test_a_confirmation_reaches_ons_once_and_makes_no_alert(tmp_path, database):
    message = {"ConfirmationURL": CONFIRMATION_URL}
    with (
        oracle(tmp_path) as ons,
        serve(tmp_path / "log", ons.environment) as plugin,
        monitoring(plugin.target, database=database) as platform,
    ):
        assert platform.post(body=message) == 200
        assert platform.alerts() == []
        assert len(ons.opened) == 1
        ons.behaviour = 404
        assert platform.post(body=message) == 200
        (alert,) = platform.alerts()
        assert alert["state"] == "ERROR"
        assert "Resend confirmation in the OCI console" in alert["description"]
        assert TOKEN not in alert["description"]
        assert len(ons.opened) == 2


def test_an_old_firing_after_the_recovery_leaves_one_resolved_alert(served, database):
    key = {"dedupeKey": uuid.uuid4().hex}
    with monitoring(served.target, database=database) as platform:
        for body in (FIRING, RECOVERY, FIRING):
            assert platform.post(body=body | key) == 200
        assert [alert["state"] for alert in platform.alerts()] == ["RESOLVED"]


def test_through_the_relay_both_shapes_of_an_alarm_become_alerts_and_resolve(served, tmp_path, database):
    key = {"dedupeKey": uuid.uuid4().hex}
    with monitoring(served.target, database=database) as platform, relay(platform.url, tmp_path / "log") as endpoint:
        for body in (FIRING | key, ENVELOPE, RECOVERY | key):
            assert endpoint.post(body)[0] == 200
        alerts = sorted((alert["title"], alert["state"]) for alert in platform.alerts())
        assert alerts == [
            ("High CPU Usage Alert (web-server-01)", "RESOLVED"),
            ("High CPU Usage Alert (web-server-01)", "TRIGGERED"),
        ]
        (event, *_) = platform.events()
        assert event["additional_info"]["topic_id"] == HEADERS["X-OCI-NS-TopicOcid"]
        assert endpoint.post({"foreign": 1})[0] == 200
        assert [alert["state"] for alert in platform.alerts()].count("ERROR") == 1
