"""No ghost alarms: whatever the order of deliveries, the alerts left open are those whose newest message is a firing."""

import datetime as dt
import uuid

import pytest

from corpus.cases import Plugin
from deliveries import (
    START,
    after,
    event_of,
    memory_in_the_process,
    message,
    message_in,
    run_deliveries,
    run_forgeries,
    run_pairs,
    told,
)
from plugin.connector.local_memory import LocalMemory
from plugin.model.event import EventType, Ignored, Severity

NOW = START + dt.timedelta(days=1)


SEPARATE = {"escalation": "separate"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("escalation", ["join", "separate"])
def test_any_order_and_repetition_leaves_open_what_fires(escalation):
    run_deliveries(memory_in_the_process, escalation)


@pytest.mark.exhaustive
def test_unsigned_messages_never_hide_signed_ones():
    run_forgeries(memory_in_the_process)


def test_what_is_over_closes_what_it_opened_in_any_order():
    run_pairs(memory_in_the_process)


def test_a_firing_after_its_recovery_is_ignored_and_a_new_one_is_not():
    manager, key = Plugin(), uuid.uuid4().hex
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0))
    assert manager.parse({}, message(key, "FIRING_TO_OK", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0)) == []
    assert manager.parse({}, message(key, "OK_TO_FIRING", 6))


def test_a_recovery_older_than_the_next_firing_is_ignored():
    manager = Plugin()
    assert manager.parse({}, message("k", "OK_TO_FIRING", 5))
    (outcome,) = manager.outcomes({}, message("k", "FIRING_TO_OK", 4))
    assert outcome.reason.value == "older_than_alert"


def test_a_severity_older_than_the_newest_is_ignored_where_each_is_an_alert():
    manager = Plugin()
    assert manager.parse(SEPARATE, message_in("CRITICAL", "k", "RULE_CHANGE", 5))
    assert manager.parse(SEPARATE, message_in("WARNING", "k", "OK_TO_FIRING", 0)) == []
    assert manager.parse(SEPARATE, message_in("WARNING", "k", "RULE_CHANGE", 6))
    assert manager.parse(SEPARATE, message_in("CRITICAL", "k", "RULE_CHANGE", 5)) == []
    assert manager.parse(SEPARATE, message_in("OK", "k", "FIRING_TO_OK", 5)) == []


def test_a_key_of_our_own_making_is_not_remembered():
    manager = Plugin()
    assert manager.parse({}, message("", "FIRING_TO_OK", 5))
    assert manager.parse({}, message("", "OK_TO_FIRING", 0))


def test_an_unsigned_key_that_looks_like_a_signed_one_hides_no_signed_message():
    memory = LocalMemory()
    told(memory, event_of("tk", EventType.RECOVERY, Severity.CRITICAL, 5), NOW)
    signed = event_of("k", EventType.ALERT, Severity.CRITICAL, 0)
    assert not isinstance(told(memory, signed, NOW, verified_topic="t"), Ignored)


def test_a_recovery_by_a_webhook_with_other_options_silences_nothing():
    memory = LocalMemory()
    told(memory, event_of("k", EventType.RECOVERY, Severity.CRITICAL, 5), NOW, owner="theirs")
    firing = event_of("k", EventType.ALERT, Severity.CRITICAL, 0)
    assert not isinstance(told(memory, firing, NOW, owner="ours"), Ignored)
    assert isinstance(told(memory, firing, NOW, owner="theirs"), Ignored)


def test_kinds_share_no_key():
    memory = LocalMemory()
    told(memory, event_of("k", EventType.RECOVERY, Severity.CRITICAL, 5), NOW, by_severity=True)
    assert not isinstance(told(memory, event_of("k", EventType.ALERT, Severity.CRITICAL, 0), NOW), Ignored)


def test_a_firing_of_the_very_time_of_the_recovery_passes():
    manager = Plugin()
    manager.parse({}, message("k", "FIRING_TO_OK", 5))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 5))


def test_a_message_without_a_readable_time_passes():
    manager = Plugin()
    manager.parse({}, message("k", "FIRING_TO_OK", 5))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 0) | {"timestamp": "soon", "timestampEpochMillis": None})


def test_a_recovery_of_the_future_hides_nothing():
    manager = Plugin(clock=lambda zone: START)
    assert manager.parse({}, message("k", "FIRING_TO_OK", 60 * 24))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 0))


def test_a_time_of_the_future_hides_until_it_arrived_and_no_longer():
    manager = Plugin(clock=lambda zone: after(10))
    assert manager.parse({}, message("k", "FIRING_TO_OK", 60))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 9)) == []
    assert manager.parse({}, message("k", "OK_TO_FIRING", 10))


def outcome_of(manager, options, kind, severity, minute):
    body = message("k", kind, minute) | {"severity": severity}
    return manager.parse(options, body)


def test_a_late_warning_does_not_overwrite_the_critical_that_followed_it():
    manager = Plugin()
    assert outcome_of(manager, {}, "OK_TO_FIRING", "CRITICAL", 5)
    assert outcome_of(manager, {}, "OK_TO_FIRING", "WARNING", 3) == []
    assert outcome_of(manager, {}, "REPEAT", "CRITICAL", 4), "an older repeat of the same state is harmless, and passes"


def test_of_two_severities_at_one_time_the_higher_one_stands():
    manager, separate = Plugin(), {"escalation": "separate"}
    assert outcome_of(manager, separate, "OK_TO_FIRING", "WARNING", 5)
    assert outcome_of(manager, separate, "OK_TO_FIRING", "CRITICAL", 5)
    assert outcome_of(manager, separate, "OK_TO_FIRING", "WARNING", 5) == []
    assert outcome_of(manager, separate, "REPEAT", "CRITICAL", 5)
    assert outcome_of(manager, separate, "FIRING_TO_OK", "CRITICAL", 5)
    assert outcome_of(manager, separate, "OK_TO_FIRING", "WARNING", 6)
