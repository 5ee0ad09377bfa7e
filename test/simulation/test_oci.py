"""Oracle's documented rules, as the model of OCI keeps them."""

import pytest

from corpus.cases import FIXTURES, load
from simulation import oci
from simulation.messages import SAMPLES, body_of
from simulation.model import START
from simulation.ons import FOR, Queue, Try
from simulation.scenario import Alarm, Change, Scenario, Stretch


def published(alarm, minutes=60):
    """Return minute, type and state of each message."""
    outcome = oci.run(Scenario(minutes=minutes, alarms={"a": alarm}))
    return [(each.minute, each.kind, each.state) for each in outcome.published]


def alarm(*trace, **how):
    return Alarm(streams=(tuple(Stretch(*each) for each in trace),), **{"repeat": 0, **how})


def test_an_alarm_fires_after_its_trigger_delay_and_is_ok_at_once():
    assert published(alarm((2, 0), (2, 1), (1, 0), (5, 1), (1, 0), pending=3)) == [
        (7, "OK_TO_FIRING", "CRITICAL"),
        (10, "FIRING_TO_OK", "OK"),
    ]


def test_a_firing_alarm_repeats():
    kinds = published(alarm((11, 1), (1, 0), repeat=5))
    assert kinds == [
        (0, "OK_TO_FIRING", "CRITICAL"),
        (5, "REPEAT", "CRITICAL"),
        (10, "REPEAT", "CRITICAL"),
        (11, "FIRING_TO_OK", "OK"),
    ]


def test_a_stream_without_data_is_reset_after_thirteen_minutes():
    assert published(alarm((3, 1), (30, None)))[1:] == [(15, "RESET", "OK")]


def test_a_gap_of_twelve_minutes_changes_nothing():
    assert published(alarm((3, 1), (12, None), (5, 1)))[1:] == []


def test_absence_fires_without_data_for_at_most_two_hours():
    assert published(alarm((3, 0), (200, None), absent=True), 300) == [(3, "OK_TO_FIRING", "CRITICAL"), (123, "RESET", "OK")]


def test_the_step_between_two_rules_is_a_rule_change():
    states = published(alarm((1, 1), (1, 2), (1, 1), (1, 0), severities=("WARNING", "CRITICAL")))
    assert [state for _, _, state in states] == ["WARNING", "CRITICAL", "WARNING", "OK"]
    assert [kind for _, kind, _ in states] == ["OK_TO_FIRING", "RULE_CHANGE", "RULE_CHANGE", "FIRING_TO_OK"]


def test_a_grouped_alarm_is_ok_when_its_last_stream_is():
    grouped = Alarm(streams=((Stretch(2, 1), Stretch(1, 0)), (Stretch(4, 1), Stretch(1, 0))), repeat=0)
    assert published(grouped) == [(0, "OK_TO_FIRING", "CRITICAL"), (4, "FIRING_TO_OK", "OK")]


def test_of_a_split_alarm_each_stream_has_a_key():
    split = Alarm(streams=((Stretch(2, 1), Stretch(1, 0)), (Stretch(4, 1), Stretch(1, 0))), repeat=0, split=True)
    keys = [each.key for each in oci.run(Scenario(minutes=9, alarms={"a": split})).published]
    assert keys == ["a/0", "a/1", "a/0", "a/1"]


def test_of_seventy_streams_that_fire_at_once_sixty_are_told():
    outcome = oci.run(Scenario(minutes=3, alarms={"a": Alarm(streams=((Stretch(3, 1),),) * 70, repeat=0, split=True)}))
    assert len(outcome.published) == 60
    assert set(outcome.fires.values()) == {"CRITICAL"}


def test_a_suppressed_alarm_is_evaluated_and_says_nothing():
    changes = (Change(1, "suppress"), Change(5, "resume"))
    assert published(alarm((2, 0), (2, 1), (2, 0), (2, 1), (1, 0), changes=changes)) == [
        (6, "OK_TO_FIRING", "CRITICAL"),
        (8, "FIRING_TO_OK", "OK"),
    ]
    during = alarm((2, 0), (9, 1), (1, 0), changes=(Change(1, "suppress"), Change(4, "resume")), pending=3)
    assert published(during) == [(4, "OK_TO_FIRING", "CRITICAL"), (11, "FIRING_TO_OK", "OK")], "its delay ran meanwhile"


@pytest.mark.parametrize(("change", "fires"), [("disable", "OK"), ("delete", "OK"), ("edit", "INFO")])
def test_after_a_change_the_alarm_fires_as_it_should(change, fires):
    outcome = oci.run(Scenario(minutes=9, alarms={"a": alarm((9, 1), changes=(Change(3, change),))}))
    assert outcome.fires == {"a": fires}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_message_differs_from_its_sample_in_its_own_values_only(sample):
    scenario = Scenario(minutes=9, alarms={"a": alarm((1, 1), (1, 0), sample=sample)})
    firing, recovery = (body_of(each, scenario, START, "run") for each in oci.run(scenario).published)
    assert firing.keys() == recovery.keys() == load(FIXTURES / SAMPLES[sample]).keys()
    assert (firing["type"], recovery["type"]) == ("OK_TO_FIRING", "FIRING_TO_OK")
    assert [each["alarmMetaData"][0]["status"] for each in (firing, recovery)] == ["FIRING", "OK"]
    assert firing["alarmMetaData"][0]["dimensions"] and not recovery["alarmMetaData"][0]["dimensions"]


def test_ons_tries_again_by_its_timetable_for_two_hours():
    scenario = Scenario(minutes=1, alarms={"a": alarm((1, 1))}, deliveries={"a#1": (0,)})
    queue = Queue(scenario, oci.run(scenario).published)
    tries = [second for second, item in queue if isinstance(item, Try) and (queue.again(second, item) or True)]
    assert [second // 60 for second in tries] == [0, 0, 1, 3, 7, 15, 31, 63, 95]
    assert tries[-1] <= FOR


def test_ons_tries_sixty_a_minute():
    alarms = {f"a{i}": alarm((1, 1)) for i in range(130)}
    scenario = Scenario(minutes=1, alarms=alarms)
    minutes = [second // 60 for second, _ in Queue(scenario, oci.run(scenario).published)]
    assert [minutes.count(minute) for minute in range(3)] == [60, 60, 10]
