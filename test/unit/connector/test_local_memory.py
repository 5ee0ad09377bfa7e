"""The memory in the process: the newest state of each alarm, bounded in number and time, and no key of a tenant in it."""

from datetime import datetime, timedelta, timezone

import pytest

from plugin.connector.local_memory import LocalMemory, hashed
from plugin.observe.metrics import REGISTRY
from plugin.ons.check.order import State

START = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
NOW = START + timedelta(days=1)


def alert(minute, name="ALERT"):
    return State(name, START + timedelta(minutes=minute))


def recovery(minute):
    return alert(minute, "RECOVERY")


def evicted():
    return REGISTRY.get_sample_value("ons_webhook_memory_evictions_total")


def test_the_newest_state_is_returned_whatever_came_since():
    memory = LocalMemory()
    assert memory.exchange("k", alert(5), NOW) is None
    assert memory.exchange("k", alert(3), NOW) == alert(5)
    assert memory.exchange("k", recovery(1), NOW) == alert(5)
    assert memory.exchange("k", recovery(7), NOW) == alert(5)
    assert memory.exchange("k", alert(6), NOW) == recovery(7)
    assert memory.exchange("k", alert(8, "ALERT/CRITICAL"), NOW) == recovery(7)
    assert memory.exchange("k", recovery(2), NOW) == alert(8, "ALERT/CRITICAL")


def test_of_two_states_of_one_time_the_later_counts():
    memory = LocalMemory()
    memory.exchange("k", alert(5), NOW)
    assert memory.exchange("k", recovery(5), NOW) == alert(5)
    assert memory.exchange("k", alert(1), NOW) == recovery(5)


def test_of_two_severities_of_one_time_the_higher_stands():
    memory = LocalMemory()
    low, high = (State("ALERT", START, rank) for rank in (2, 3))
    memory.exchange("k", high, NOW)
    assert memory.exchange("k", low, NOW) == high
    assert memory.exchange("k", State("RECOVERY", START), NOW) == high
    assert memory.exchange("k", low, NOW) == State("RECOVERY", START)
    assert memory.exchange("k", high, NOW) == low


def test_a_state_of_the_future_counts_as_none_and_is_forgotten():
    memory = LocalMemory()
    memory.exchange("k", recovery(60), START + timedelta(minutes=60))
    assert memory.exchange("k", alert(1), START + timedelta(minutes=60)) == recovery(60)
    assert memory.exchange("k", alert(2), START + timedelta(minutes=59)) is None
    assert memory.exchange("k", recovery(1), NOW) == alert(2)


def test_alarms_do_not_know_of_each_other():
    memory = LocalMemory()
    memory.exchange("a", recovery(5), NOW)
    assert memory.exchange("b", alert(1), NOW) is None


def test_what_is_repeated_changes_nothing():
    memory = LocalMemory()
    memory.exchange("k", recovery(5), NOW)
    assert [memory.exchange("k", alert(1), NOW) for _ in range(3)] == [recovery(5)] * 3


def test_of_too_many_alarms_the_oldest_is_forgotten_and_counted():
    memory, before = LocalMemory(most_keys=2), evicted()
    for key in ("a", "b", "a"):
        memory.exchange(key, recovery(5), NOW)
    assert evicted() == before
    memory.exchange("c", recovery(5), NOW)
    assert evicted() == before + 1
    assert memory.exchange("c", alert(1), NOW) == recovery(5)
    assert memory.exchange("a", alert(1), NOW) == recovery(5)
    assert memory.exchange("b", alert(1), NOW) is None
    assert evicted() == before + 2


@pytest.mark.parametrize(("seconds", "kept"), [(10_799, True), (10_801, False)])
def test_an_alarm_is_kept_for_3_hours_after_its_last_event(seconds, kept):
    now, before = [0.0], evicted()
    memory = LocalMemory(clock=lambda: now[0])
    memory.exchange("k", recovery(5), NOW)
    now[0] += 10_000
    memory.exchange("k", alert(1), NOW)  # it is late, and begins the three hours anew
    now[0] += seconds
    assert memory.exchange("k", alert(1), NOW) == (recovery(5) if kept else None)
    assert evicted() == before


def test_what_is_forgotten_for_its_age_is_no_eviction():
    now, before = [0.0], evicted()
    memory = LocalMemory(most_keys=2, clock=lambda: now[0])
    for key in ("a", "b"):
        memory.exchange(key, recovery(5), NOW)
    now[0] += 10_801
    for key in ("c", "d"):
        memory.exchange(key, recovery(5), NOW)
    assert evicted() == before
    assert len(memory._newest) == 2


def test_75_000_alarms_are_kept():
    assert LocalMemory()._newest.maxsize == 75_000


def test_a_memory_holds_no_key_itself():
    memory = LocalMemory()
    memory.exchange("private", alert(1), NOW)
    assert list(memory._newest) == [hashed("private")]
    assert hashed("private") == "715dc8493c36579a5b116995100f635e"
    assert len({hashed("키"), hashed("키2"), hashed("")}) == 3
