"""The memory in the process: newest firing and newest recovery of each alarm, bounded, and no key of a tenant in it."""

from datetime import datetime, timedelta, timezone

import pytest

from plugin.connector import local_memory
from plugin.connector.local_memory import LocalMemory, hashed
from plugin.model.event import EventType

ALERT, RECOVERY = EventType.ALERT, EventType.RECOVERY
START = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)


def at(minute):
    return START + timedelta(minutes=minute)


@pytest.mark.parametrize(("first", "second"), [(ALERT, RECOVERY), (RECOVERY, ALERT)])
def test_the_newest_time_of_the_opposite_type_is_returned(first, second):
    memory = LocalMemory()
    assert memory.exchange("k", first, at(5)) is None
    assert memory.exchange("k", first, at(3)) is None
    assert memory.exchange("k", second, at(1)) == at(5)
    assert memory.exchange("k", first, at(7)) == at(1)
    assert memory.exchange("k", second, at(2)) == at(7)
    assert memory.exchange("k", first, at(0)) == at(2)


def test_alarms_do_not_know_of_each_other():
    memory = LocalMemory()
    memory.exchange("a", RECOVERY, at(5))
    assert memory.exchange("b", ALERT, at(1)) is None


def test_what_is_repeated_changes_nothing():
    memory = LocalMemory()
    memory.exchange("k", RECOVERY, at(5))
    assert [memory.exchange("k", ALERT, at(1)) for _ in range(3)] == [at(5)] * 3


def test_of_too_many_alarms_the_oldest_is_forgotten():
    memory = LocalMemory(most_keys=2)
    for key in ("a", "b", "a", "c"):
        memory.exchange(key, RECOVERY, at(5))
    assert memory.exchange("b", ALERT, at(1)) is None
    assert memory.exchange("c", ALERT, at(1)) == at(5)


def test_an_alarm_is_kept_for_3_hours_after_its_last_event():
    """The cache's own clock is replaced."""
    now = [0.0]
    memory = LocalMemory()
    memory._newest = local_memory.cachetools.TTLCache(memory._newest.maxsize, memory._newest.ttl, timer=lambda: now[0])
    memory.exchange("k", RECOVERY, at(5))
    now[0] += 10_799
    assert memory.exchange("k", ALERT, at(1)) == at(5)
    now[0] += 10_799
    assert memory.exchange("k", ALERT, at(1)) == at(5)
    now[0] += 10_801
    assert memory.exchange("k", ALERT, at(1)) is None


def test_50_000_alarms_are_kept():
    assert LocalMemory()._newest.maxsize == 50_000


def test_a_memory_holds_no_key_itself():
    memory = LocalMemory()
    memory.exchange("private", ALERT, at(1))
    assert list(memory._newest) == [hashed("private")]
    assert hashed("private") == "715dc8493c36579a5b116995100f635e"
    assert len({hashed("키"), hashed("키2"), hashed("")}) == 3
