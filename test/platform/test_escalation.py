"""An alarm whose severity changes while it fires, under SpaceONE's real monitoring service."""

import uuid

import pytest

from deliveries import message_in

TRIGGERED = "create_alert_notification"
RESOLVED = "create_resolved_notification"


class Alarm:
    """One alarm of a webhook; `alarm.send("WARNING", 5)` posts what OCI sends five minutes after START."""

    def __init__(self, platform):
        self.platform, self.key = platform, uuid.uuid4().hex

    def send(self, state, minute, kind=None):
        kind = kind or ("FIRING_TO_OK" if state == "OK" else "OK_TO_FIRING")
        assert self.platform.post(body=message_in(state, self.key, kind, minute)) == 200
        return self.alerts()

    def alerts(self):
        """Return each alert's severity, state and urgency."""
        return [(each["severity"], each["state"], each["urgency"]) for each in self.platform.alerts()]


@pytest.fixture
def alarm(platform):
    return Alarm(platform)


@pytest.fixture
def separate(platform):
    platform.webhook(options={"escalation": "separate"})
    return Alarm(platform)


@pytest.mark.parametrize("kind", ["RULE_CHANGE", "OK_TO_FIRING"])
def test_a_rising_severity_closes_its_alert_and_rings_anew(separate, kind):
    separate.send("WARNING", 0)
    assert separate.alerts() == [("WARNING", "TRIGGERED", "LOW")]
    separate.send("CRITICAL", 5, kind)
    assert separate.alerts() == [("WARNING", "RESOLVED", "LOW"), ("CRITICAL", "TRIGGERED", "HIGH")]
    warning, critical = separate.platform.alerts()
    assert warning["description"] == "The severity is now CRITICAL: High CPU Usage Alert (web-server-01)"
    assert critical["description"].startswith("[CRITICAL] ")
    notified = [(each["method"], each["alert_id"]) for each in separate.platform.notifications()]
    assert notified == [
        (TRIGGERED, warning["alert_id"]),
        (TRIGGERED, critical["alert_id"]),
        (RESOLVED, warning["alert_id"]),
    ]


def test_a_falling_severity_closes_its_alert_and_opens_one(separate):
    separate.send("CRITICAL", 0)
    separate.send("WARNING", 5, "RULE_CHANGE")
    assert separate.alerts() == [("CRITICAL", "RESOLVED", "HIGH"), ("WARNING", "TRIGGERED", "LOW")]


def test_there_and_back_and_ok_leaves_nothing_open(separate):
    for minute, state in enumerate(["WARNING", "CRITICAL", "WARNING", "OK"]):
        separate.send(state, minute)
    assert [state for _, state, _ in separate.alerts()] == ["RESOLVED"] * 3
    assert [each["method"] for each in separate.platform.notifications()].count(TRIGGERED) == 3


@pytest.mark.parametrize("ok", ["FIRING_TO_OK", "RESET", "RULE_CHANGE"])
def test_an_ok_closes_whatever_severity_is_open(separate, ok):
    separate.send("CRITICAL", 0)
    separate.send("OK", 5, ok)
    assert separate.alerts() == [("CRITICAL", "RESOLVED", "HIGH")]


def test_a_doubled_ok_changes_nothing_and_tells_nobody(separate):
    separate.send("CRITICAL", 0)
    once = separate.send("OK", 5), separate.platform.events(), separate.platform.notifications()
    assert (separate.send("OK", 5), separate.platform.events(), separate.platform.notifications()) == once


def test_a_late_lower_severity_neither_opens_nor_closes(separate):
    separate.send("WARNING", 0)
    before = separate.send("CRITICAL", 5)
    assert separate.send("WARNING", 0) == before == [("WARNING", "RESOLVED", "LOW"), ("CRITICAL", "TRIGGERED", "HIGH")]


def test_a_late_firing_after_the_ok_neither_opens_nor_closes(separate):
    separate.send("WARNING", 0)
    separate.send("OK", 9)
    assert separate.send("CRITICAL", 5) == [("WARNING", "RESOLVED", "LOW")]
    assert separate.send("WARNING", 0) == [("WARNING", "RESOLVED", "LOW")]


def test_a_late_ok_does_not_close_the_next_firing(separate):
    separate.send("WARNING", 0)
    separate.send("CRITICAL", 9)
    assert separate.send("OK", 5) == [("WARNING", "RESOLVED", "LOW"), ("CRITICAL", "TRIGGERED", "HIGH")]


def test_a_doubled_firing_joins_its_alert(separate):
    separate.send("CRITICAL", 0)
    separate.send("CRITICAL", 0)
    separate.send("CRITICAL", 5, "REPEAT")
    assert separate.alerts() == [("CRITICAL", "TRIGGERED", "HIGH")]
    assert len(separate.platform.notifications()) == 1


def test_by_default_a_rising_severity_joins_and_only_the_description_says_it(alarm):
    alarm.send("WARNING", 0)
    assert alarm.send("CRITICAL", 5, "RULE_CHANGE") == [("WARNING", "TRIGGERED", "LOW")]
    (alert,) = alarm.platform.alerts()
    assert alert["description"].startswith("[CRITICAL] ")
    assert len(alarm.platform.notifications()) == 1


def test_by_default_an_ok_closes_the_alert_of_all_severities(alarm):
    alarm.send("WARNING", 0)
    alarm.send("CRITICAL", 5)
    assert alarm.send("OK", 9) == [("WARNING", "RESOLVED", "LOW")]


def test_a_rule_change_joins_while_it_fires_and_closes_when_it_is_ok(alarm):
    alarm.send("CRITICAL", 0)
    assert alarm.send("CRITICAL", 5, "RULE_CHANGE") == [("CRITICAL", "TRIGGERED", "HIGH")]
    assert alarm.send("OK", 9, "RULE_CHANGE") == [("CRITICAL", "RESOLVED", "HIGH")]
    assert len(alarm.platform.events()) == 3
