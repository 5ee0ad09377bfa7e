"""Each severity of an alarm as an alert of its own: keys, types, texts."""

import hashlib

import pytest

from plugin.model.event import Event, EventType, Severity
from plugin.ons.escalation import separated, severity_key
from plugin.setting.option import Options

ALERT, RECOVERY = EventType.ALERT, EventType.RECOVERY
SEVERITIES = ["CRITICAL", "ERROR", "WARNING", "INFO"]


def event(event_type=ALERT, severity=Severity.WARNING, key="k"):
    return Event(
        event_key=key, event_type=event_type, title="CPU {0} high", description="text", severity=severity, provider="oci"
    )


@pytest.mark.parametrize("severity", list(Severity))
def test_a_firing_opens_its_severity_and_closes_the_others(severity):
    first, *others = separated(event(severity=severity), Options())
    assert first == Event(**{**vars(event(severity=severity)), "event_key": f"k/{severity.value}"})
    assert [other.event_key for other in others] == [f"k/{each}" for each in SEVERITIES if each != severity.value]
    assert {other.event_type for other in others} == {RECOVERY}
    assert {other.description for other in others} == {f"The severity is now {severity.value}: CPU {{0}} high"}
    assert {(other.title, other.severity) for other in others} == {("CPU {0} high", severity)}


def test_a_recovery_closes_all_severities_in_its_own_words():
    closed = separated(event(RECOVERY), Options())
    assert [each.event_key for each in closed] == [f"k/{each}" for each in SEVERITIES]
    assert {(each.event_type, each.description) for each in closed} == {(RECOVERY, "text")}


def test_what_is_closed_says_so_in_the_language_of_the_webhook():
    _, other, *_ = separated(event(), Options(language="ko"))
    assert other.description == "심각도가 WARNING(으)로 변경됨: CPU {0} high"


def test_a_long_key_leaves_room_for_the_severity():
    long = "k" * 256
    assert severity_key(event(key=long), Severity.ERROR) == hashlib.sha256(long.encode()).hexdigest() + "/ERROR"
    assert severity_key(event(key="k" * 255), Severity.ERROR) == "k" * 255 + "/ERROR"
    stored = {each.to_dict()["event_key"] for key in (long, "k" * 255) for each in separated(event(key=key), Options())}
    assert len(stored) == 8 and max(map(len, stored)) <= 255
