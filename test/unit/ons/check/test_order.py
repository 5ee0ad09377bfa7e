"""No ghost alarms: whatever the order of deliveries, the alerts left open are those whose newest message is a firing."""

import datetime as dt
import threading
import uuid

import pytest

from deliveries import START, after, event_of, manager_with, message, message_in, run_deliveries, run_forgeries
from plugin.connector.local_memory import LocalMemory
from plugin.model.event import EventType, Ignored, Severity
from plugin.ons.check.order import State, drop_if_late

NOW = START + dt.timedelta(days=1)


SEPARATE = {"escalation": "separate"}


@pytest.mark.parametrize("escalation", ["join", "separate"])
def test_any_order_and_repetition_leaves_open_what_fires(escalation):
    run_deliveries(LocalMemory, 150, escalation)


def test_unsigned_messages_never_hide_signed_ones():
    run_forgeries(LocalMemory, examples=60)


def test_a_firing_after_its_recovery_is_ignored_and_a_new_one_is_not():
    manager, key = manager_with(LocalMemory()), uuid.uuid4().hex
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0))
    assert manager.parse({}, message(key, "FIRING_TO_OK", 5))
    assert manager.parse({}, message(key, "OK_TO_FIRING", 0)) == []
    assert manager.parse({}, message(key, "OK_TO_FIRING", 6))


def test_a_recovery_older_than_the_next_firing_is_ignored():
    manager = manager_with(LocalMemory())
    assert manager.parse({}, message("k", "OK_TO_FIRING", 5))
    (outcome,) = manager.outcomes({}, message("k", "FIRING_TO_OK", 4))
    assert outcome.reason.value == "older_than_alert"


def test_a_severity_older_than_the_newest_is_ignored_where_each_is_an_alert():
    manager = manager_with(LocalMemory())
    assert manager.parse(SEPARATE, message_in("CRITICAL", "k", "RULE_CHANGE", 5))
    assert manager.parse(SEPARATE, message_in("WARNING", "k", "OK_TO_FIRING", 0)) == []
    assert manager.parse(SEPARATE, message_in("WARNING", "k", "RULE_CHANGE", 6))
    assert manager.parse(SEPARATE, message_in("CRITICAL", "k", "RULE_CHANGE", 5)) == []
    assert manager.parse(SEPARATE, message_in("OK", "k", "FIRING_TO_OK", 5)) == []


def test_a_key_of_our_own_making_is_not_remembered():
    manager = manager_with(LocalMemory())
    assert manager.parse({}, message("", "FIRING_TO_OK", 5))
    assert manager.parse({}, message("", "OK_TO_FIRING", 0))


def test_an_unsigned_key_that_looks_like_a_signed_one_hides_no_signed_message():
    memory = LocalMemory()
    forged = event_of("tk", EventType.RECOVERY, Severity.CRITICAL, 5)
    drop_if_late(forged, memory, NOW, by_severity=False, verified_topic=None)
    signed = event_of("k", EventType.ALERT, Severity.CRITICAL, 0)
    assert not isinstance(drop_if_late(signed, memory, NOW, by_severity=False, verified_topic="t"), Ignored)


def test_a_firing_of_the_very_time_of_the_recovery_passes():
    manager = manager_with(LocalMemory())
    manager.parse({}, message("k", "FIRING_TO_OK", 5))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 5))


def test_a_message_without_a_readable_time_passes():
    manager = manager_with(LocalMemory())
    manager.parse({}, message("k", "FIRING_TO_OK", 5))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 0) | {"timestamp": "soon", "timestampEpochMillis": None})


def test_a_recovery_of_the_future_hides_nothing():
    manager = manager_with(LocalMemory(), lambda zone: START)
    assert manager.parse({}, message("k", "FIRING_TO_OK", 60 * 24))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 0))


def test_a_time_of_the_future_hides_until_it_arrived_and_no_longer():
    manager = manager_with(LocalMemory(), lambda zone: after(10))
    assert manager.parse({}, message("k", "FIRING_TO_OK", 60))
    assert manager.parse({}, message("k", "OK_TO_FIRING", 9)) == []
    assert manager.parse({}, message("k", "OK_TO_FIRING", 10))


def test_of_two_that_come_at_once_the_newer_time_is_never_lost():
    memory = LocalMemory()

    def tell(minutes):
        for minute in minutes:
            memory.exchange("k", State("RECOVERY", START + dt.timedelta(minutes=minute)), NOW)

    threads = [threading.Thread(target=tell, args=(range(first, 400, 4),)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.exchange("k", State("ALERT", START), NOW) == State("RECOVERY", START + dt.timedelta(minutes=399))


def test_the_memory_in_the_process_is_bounded_in_number_and_time():
    memory = LocalMemory(most_keys=10)
    for number in range(100):
        memory.exchange(str(number), State("RECOVERY", START), NOW)
    assert len(memory._newest) == 10
    assert memory._newest.ttl == 3 * 60 * 60


def outcome_of(manager, options, kind, severity, minute):
    body = message("k", kind, minute) | {"severity": severity}
    return manager.parse(options, body)


def test_a_late_warning_does_not_overwrite_the_critical_that_followed_it():
    manager = manager_with(LocalMemory())
    assert outcome_of(manager, {}, "OK_TO_FIRING", "CRITICAL", 5)
    assert outcome_of(manager, {}, "OK_TO_FIRING", "WARNING", 3) == []
    assert outcome_of(manager, {}, "REPEAT", "CRITICAL", 4), "an older repeat of the same state is harmless, and passes"


def test_of_two_severities_at_one_time_the_higher_one_stands():
    manager, separate = manager_with(LocalMemory()), {"escalation": "separate"}
    assert outcome_of(manager, separate, "OK_TO_FIRING", "WARNING", 5)
    assert outcome_of(manager, separate, "OK_TO_FIRING", "CRITICAL", 5)
    assert outcome_of(manager, separate, "OK_TO_FIRING", "WARNING", 5) == []
    assert outcome_of(manager, separate, "REPEAT", "CRITICAL", 5)
    assert outcome_of(manager, separate, "FIRING_TO_OK", "CRITICAL", 5)
    assert outcome_of(manager, separate, "OK_TO_FIRING", "WARNING", 6)
