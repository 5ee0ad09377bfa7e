"""The memory in the process: the newest state of each alarm, bounded, fair between owners, and the hold."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from plugin.connector.local_memory import LocalMemory
from plugin.observe.metrics import REGISTRY
from plugin.ons.check.order import Entry, State

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = START + timedelta(days=1)


def alert(minute, name="ALERT"):
    return State(name, START + timedelta(minutes=minute))


def recovery(minute):
    return alert(minute, "RECOVERY")


def exchange(memory, key, state, now=NOW, owner=""):
    (newest,), _ = asyncio.run(memory.exchange([Entry(owner, key, state)], now))
    return newest


def wait(memory, *keys):
    _, seconds = asyncio.run(memory.exchange([Entry("", key, None) for key in keys], NOW))
    return seconds


def evicted():
    return REGISTRY.get_sample_value("ons_webhook_memory_evictions_total")


def test_the_newest_state_is_returned_whatever_came_since():
    memory = LocalMemory()
    assert exchange(memory, "k", alert(5)) is None
    assert exchange(memory, "k", alert(3)) == alert(5)
    assert exchange(memory, "k", recovery(1)) == alert(5)
    assert exchange(memory, "k", recovery(7)) == alert(5)
    assert exchange(memory, "k", alert(6)) == recovery(7)
    assert exchange(memory, "k", alert(8, "ALERT/CRITICAL")) == recovery(7)
    assert exchange(memory, "k", recovery(2)) == alert(8, "ALERT/CRITICAL")


def test_many_keys_are_exchanged_in_their_order():
    entries = [Entry("", "a", alert(1)), Entry("", "b", None), Entry("", "a", recovery(2)), Entry("", "a", alert(0))]
    newest, _ = asyncio.run(LocalMemory().exchange(entries, NOW))
    assert newest == [None, None, alert(1), recovery(2)]


def test_of_two_states_of_one_time_the_later_counts():
    memory = LocalMemory()
    exchange(memory, "k", alert(5))
    assert exchange(memory, "k", recovery(5)) == alert(5)
    assert exchange(memory, "k", alert(1)) == recovery(5)


def test_of_two_severities_of_one_time_the_higher_stands():
    memory = LocalMemory()
    low, high = (State("ALERT", START, rank) for rank in (2, 3))
    exchange(memory, "k", high)
    assert exchange(memory, "k", low) == high
    assert exchange(memory, "k", State("RECOVERY", START)) == high
    assert exchange(memory, "k", low) == State("RECOVERY", START)
    assert exchange(memory, "k", high) == low


def test_a_state_of_the_future_counts_as_none_and_is_forgotten():
    memory = LocalMemory()
    exchange(memory, "k", recovery(60), START + timedelta(minutes=60))
    assert exchange(memory, "k", alert(1), START + timedelta(minutes=60)) == recovery(60)
    assert exchange(memory, "k", alert(2), START + timedelta(minutes=59)) is None
    assert exchange(memory, "k", recovery(1)) == alert(2)


def test_owners_and_alarms_do_not_know_of_each_other():
    memory = LocalMemory()
    exchange(memory, "a", recovery(5))
    assert exchange(memory, "b", alert(1)) is None
    assert exchange(memory, "a", alert(1), owner="other") is None
    assert exchange(memory, "a", alert(1)) == recovery(5)


def test_of_too_many_alarms_the_one_used_longest_ago_is_forgotten_and_counted():
    memory, before = LocalMemory(max_states=4), evicted()
    for key in ("a", "b", "a"):
        exchange(memory, key, recovery(5))
    assert evicted() == before
    exchange(memory, "c", recovery(5))
    assert evicted() == before + 1
    assert exchange(memory, "c", alert(1)) == recovery(5)
    assert exchange(memory, "a", alert(1)) == recovery(5)
    assert exchange(memory, "b", alert(1)) is None


@pytest.mark.exhaustive
def test_who_sends_too_many_alarms_pushes_out_no_others():
    memory = LocalMemory(max_states=50)
    for key in range(10):
        exchange(memory, f"quiet {key}", recovery(5), owner="quiet")
    for key in range(1000):
        exchange(memory, f"loud {key}", recovery(5), owner="loud")
    assert all(exchange(memory, f"quiet {key}", alert(1), owner="quiet") == recovery(5) for key in range(10))
    assert exchange(memory, "loud 0", alert(1), owner="loud") is None


@pytest.mark.exhaustive
def test_who_has_many_options_pushes_out_his_oldest_first_and_costs_no_search():
    memory, before = LocalMemory(max_states=1000), evicted()
    exchange(memory, "k", recovery(5), owner="honest")
    for key in range(3000):
        exchange(memory, "k", recovery(5), owner=f"liar {key}")
        if key % 100 == 0:
            exchange(memory, "k", recovery(5), owner="honest")
    assert exchange(memory, "k", alert(1), owner="honest") == recovery(5)
    assert evicted() == before + 2001
    assert len(memory._by_owner) == 1000


@pytest.mark.parametrize(("seconds", "kept"), [(10_799, True), (10_801, False)])
def test_an_alarm_is_kept_for_3_hours_after_its_last_event(seconds, kept):
    now, before = [0.0], evicted()
    memory = LocalMemory(clock=lambda: now[0])
    exchange(memory, "k", recovery(5))
    now[0] += 10_000
    exchange(memory, "k", alert(1))  # it is late, and begins the three hours anew
    now[0] += seconds
    assert exchange(memory, "k", alert(1)) == (recovery(5) if kept else None)
    assert evicted() == before


def test_what_is_forgotten_for_its_age_is_no_eviction():
    now, before = [0.0], evicted()
    memory = LocalMemory(max_states=4, clock=lambda: now[0])
    for round_ in range(3):
        for key in ("a", "b"):
            exchange(memory, f"{key}{round_}", recovery(5))
        now[0] += 10_801
    assert evicted() == before


def test_two_events_of_one_key_are_kept_half_a_second_apart_and_no_longer_than_two():
    now = [0.0]
    memory = LocalMemory(clock=lambda: now[0])
    assert [wait(memory, "k") for _ in range(7)] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    assert wait(memory, "other") == 0.0
    now[0] += 2.6
    assert wait(memory, "k") == 0.0
    now[0] += 0.2
    assert wait(memory, "k") == pytest.approx(0.3)


def test_a_batch_waits_for_others_not_for_itself_and_is_given_time_to_be_stored():
    memory = LocalMemory(clock=lambda: 0.0)
    assert wait(memory, "a", "a", "b") == 0.0
    assert wait(memory, "a") == pytest.approx(0.55)
    assert wait(memory, "a", "b", "c") == pytest.approx(1.05)
    assert wait(memory, "c") == pytest.approx(1.65)
