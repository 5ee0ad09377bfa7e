"""Whole cycles on both sides in this process: what people and OCI do to alarms while they fire, failures, and planted faults."""

import json

import pytest

from both_sides import HOUR, MINUTE, World, nonsense
from corpus.cases import FIXTURES, load_message
from oci_connect.reconcile.state import Settings


@pytest.fixture
def world():
    return World()


def settled(world, open_, **words):
    """Heal until nothing is due; check what is open, and each alarm's word after it."""
    for _ in range(3):
        world.heal()
    assert world.open == sorted(open_)
    assert world.look() == words


def test_a_lost_recovery_firing_and_a_second_alert_are_healed_in_one_cycle(world):
    world.alarm("lost recovery", "OK", HOUR)
    world.fire("lost recovery", 2 * HOUR)
    world.alarm("lost firing", "FIRING", HOUR)
    world.fire("lost firing", 5 * HOUR)
    world.deliver(world.message("lost firing", "FIRING_TO_OK", 5 * HOUR - 60), 5 * HOUR - 60)
    world.alarm("doubled", "FIRING", 5 * MINUTE)
    world.fire("doubled", 5 * MINUTE)
    world.open_again("doubled", 5 * MINUTE)
    assert world.look() == {"lost recovery": "stale", "lost firing": "missing", "doubled": "double"}
    world.heal()
    assert world.open == ["doubled", "lost firing"]
    world.heal()
    assert world.look() == {"lost firing": "agree", "doubled": "agree"}


def test_an_alarm_that_was_renamed_while_it_fired_is_the_same_alarm(world):
    world.alarm("old", "FIRING", HOUR)
    world.fire("old", 5 * MINUTE)
    (ocid,) = world.oci.alarms
    world.oci.alarms[ocid]["displayName"] = "new"
    world.alarm("another", "OK", HOUR)
    settled(world, ["old"], new="agree")
    world.oci.states[ocid][0] |= {"status": "OK", "timestampTriggered": world.at(0).isoformat()}
    world._second += HOUR
    settled(world, [])


@pytest.mark.parametrize("later", [0, 60], ids=["at the same time", "a minute later"])
def test_a_severity_that_was_raised_while_it_fired_opens_its_own_alert(later):
    world = World({"escalation": "separate"})
    world.fire("cpu", HOUR, severity="WARNING")
    world.alarm("cpu", "FIRING", HOUR - later, severity="CRITICAL")
    settled(world, ["cpu"], cpu="agree")
    assert [(severity, state) for _, severity, state in world.alerts] == [("CRITICAL", "TRIGGERED"), ("WARNING", "RESOLVED")]


def test_a_younger_message_of_another_severity_is_believed_even_if_oci_lags():
    world = World({"escalation": "separate"})
    world.fire("cpu", 2 * MINUTE, severity="WARNING")
    world.alarm("cpu", "FIRING", HOUR, severity="CRITICAL")
    settled(world, ["cpu"], cpu="held")


@pytest.mark.parametrize(
    ("fields", "status", "before", "after"),
    [
        ({"isEnabled": False}, "FIRING", "disabled", ["cpu"]),
        ({"isEnabled": False}, "SUSPENDED", "disabled", ["cpu"]),
        ({"isEnabled": False}, "OK", "stale", []),
        ({"suppression": (-HOUR, HOUR)}, "FIRING", "agree", ["cpu"]),
        ({"suppression": (-HOUR, HOUR)}, "SUSPENDED", "suppressed", ["cpu"]),
        ({"suppression": (-HOUR, HOUR)}, "OK", "stale", []),
        ({"suppression": (-2 * HOUR, -HOUR)}, "FIRING", "agree", ["cpu"]),
    ],
)
def test_an_alert_of_an_alarm_that_was_disabled_or_suppressed_closes_when_it_is_ok(world, fields, status, before, after):
    if "suppression" in fields:
        start, end = fields["suppression"]
        names = {"timeSuppressFrom": world.at(-start).isoformat(), "timeSuppressUntil": world.at(-end).isoformat()}
        fields = {"suppression": names}
    world.fire("cpu", 2 * HOUR)
    world.alarm("cpu", status, HOUR, **fields)
    assert world.look() == {"cpu": before}
    world.heal()
    assert world.open == after


def test_a_disabled_alarm_without_a_state_is_resolved_on_demand():
    world = World(settings=Settings(gone=True))
    world.fire("cpu", 2 * HOUR)
    world.oci.states[world.alarm("cpu", "OK", HOUR, isEnabled=False)].clear()
    assert world.look() == {"cpu": "disabled"}
    settled(world, [])


def test_a_moved_alarm_is_unknown_and_a_deleted_one_is_gone():
    world = World(settings=Settings(gone=True))
    world.alarm("stays", "OK", HOUR)
    world.fire("moved", HOUR)
    world.oci.elsewhere.add(world.alarm("moved", "OK", HOUR))
    world.fire("deleted", HOUR)
    settled(world, ["moved"], moved="unknown")


def test_an_alarm_that_notifies_another_topic_by_now_is_not_missed_here(world):
    world.topics = {"ocid1.onstopic.oc1.phx.ours", "ocid1.onstopic.oc1.fra.ours"}
    world.fire("theirs", 5 * HOUR)
    world.deliver(world.message("theirs", "FIRING_TO_OK", 5 * HOUR - 60), 5 * HOUR - 60)
    world.alarm("theirs", "FIRING", HOUR, destinations=["ocid1.onstopic.oc1.phx.theirs"])
    settled(world, [])
    world.alarm("theirs", "FIRING", HOUR, destinations=["ocid1.onstopic.oc1.phx.theirs", "ocid1.onstopic.oc1.phx.ours"])
    settled(world, ["theirs"], theirs="agree")


def split(world, name, ago, **streams):
    """Hold a split alarm; `streams` are disk=status."""
    ocid = world.alarm(
        name, "FIRING" if "FIRING" in streams.values() else "OK", ago, isNotificationsPerMetricDimensionEnabled=True
    )
    world.oci.streams[ocid] = [
        {"dimensions": {"disk": disk}, "status": status, "ruleName": "BASE", "timestamp": world.at(ago).isoformat()}
        for disk, status in streams.items()
    ]
    return ocid


def of_disk(disk, **more):
    return {"key": f"key of {disk}", "dimensions": [{"disk": disk, "host": "db"}], **more}


def test_streams_of_a_split_alarm_come_and_go_each_for_itself(world):
    split(world, "disks", 3 * HOUR, a="FIRING", b="FIRING")
    for disk in ("a", "b", "c"):
        world.fire("disks", 3 * HOUR, **of_disk(disk))
    world.deliver(world.message("disks", "FIRING_TO_OK", 3 * HOUR - 60, **of_disk("c")), 3 * HOUR - 60)
    split(world, "disks", HOUR, a="OK", b="FIRING", c="FIRING", never="FIRING")
    words = sorted(each.kind.value for each in world.cycle.look().decisions)
    assert words == ["agree", "missing", "stale", "unknown"]
    for _ in range(2):
        world.heal()
    assert sorted(each.kind.value for each in world.cycle.look().decisions) == ["agree", "agree", "unknown"]
    split(world, "disks", 30 * MINUTE, a="OK", c="FIRING")  # OCI no longer names b
    assert sorted(each.kind.value for each in world.cycle.look().decisions) == ["agree", "unknown"]
    split(world, "disks", 10 * MINUTE, a="OK", c="OK")
    settled(world, [])


def test_a_stream_has_the_severity_of_its_own_rule():
    world = World({"escalation": "separate"})
    ocid = split(world, "disks", HOUR, a="FIRING", b="FIRING")
    world.oci.states[ocid] = [
        {**world.oci.states[ocid][0], "ruleName": rule, "severity": severity}
        for rule, severity in (("BASE", "CRITICAL"), ("soon", "WARNING"))
    ]
    world.oci.streams[ocid][1]["ruleName"] = "soon"
    world.fire("disks", HOUR, **of_disk("a"))
    world.fire("disks", HOUR, **of_disk("b", severity="WARNING"))
    assert [each.kind.value for each in world.cycle.look().decisions] == ["agree", "agree"]
    world.oci.streams[ocid][1]["ruleName"] = "of which OCI lists no state"
    assert [each.kind.value for each in world.cycle.look().decisions] == ["agree", "agree"]


def test_another_streams_alert_is_no_proof_that_the_plugin_took_a_message():
    world = World({"escalation": "separate"})
    split(world, "disks", HOUR, a="FIRING", b="FIRING")
    world.fire("disks", HOUR, **of_disk("a", severity="WARNING"))
    world.fire("disks", HOUR, **of_disk("b"))
    world.away = True
    world.heal()
    assert len(world.open) == 2, "neither is resolved"
    world.away = False
    world.heal()
    assert [(severity, state) for _, severity, state in world.alerts if state == "TRIGGERED"] == [("CRITICAL", "TRIGGERED")] * 2


def test_a_stream_that_fires_is_found_behind_many_messages_of_another(world):
    split(world, "disks", HOUR, loud="FIRING", rare="FIRING")
    world.fire("disks", 9 * HOUR, **of_disk("rare"))
    world.deliver(world.message("disks", "FIRING_TO_OK", 9 * HOUR - 60, **of_disk("rare")), 9 * HOUR - 60)
    for minute in range(60):
        world.fire("disks", HOUR - minute * MINUTE + 30, kind="REPEAT", **of_disk("loud"))
    assert {each.kind.value for each in world.cycle.look().decisions} == {"agree", "missing"}


@pytest.mark.parametrize("now", ["split", "grouped"])
def test_an_alarm_that_was_split_or_grouped_while_it_fired_closes_when_it_is_ok(world, now):
    if now == "split":
        world.fire("disks", 2 * HOUR)
        split(world, "disks", HOUR, a="FIRING", b="OK")
        world.fire("disks", HOUR, **of_disk("a"))
    else:
        for disk in ("a", "b"):
            world.fire("disks", 2 * HOUR, **of_disk(disk))
        world.alarm("disks", "FIRING", 2 * HOUR)
    world.heal()
    assert world.open == ["disks", "disks"]
    world.alarm("disks", "OK", 10 * MINUTE, isNotificationsPerMetricDimensionEnabled=now == "split")
    settled(world, [])


OTHERS = ["budget", "cloud_guard", "oci_event", "notice", "log_record", "announcement"]


def test_alerts_of_no_alarm_are_left_alone():
    world = World(settings=Settings(gone=True))
    world.alarm("cpu", "OK", HOUR)
    for kind in OTHERS:
        for file in sorted((FIXTURES / kind).glob("*.json")):
            if not file.name.endswith(".golden.json"):
                world.deliver(load_message(file), 2 * HOUR)
    before = world.alerts
    assert len([each for each in before if each[2] == "TRIGGERED"]) > len(OTHERS)
    world.settings = Settings(gone=True)
    cycle = world.cycle
    cycle.replays = False
    assert set(cycle.heal(lambda *_: None).kinds) <= {"failed"} and world.alerts == before


SHAPES = {
    "by a relay": lambda body: {"headers": {"X-OCI-NS-TopicOcid": "t"}, "text": json.dumps(body)},
    "in an envelope": lambda body: {"type": "Notification", "topicId": "t", "message": body},
    "metadata as an object": lambda body: {**body, "alarmMetaData": body["alarmMetaData"][0]},
    "junk before the metadata": lambda body: {**body, "alarmMetaData": ["junk", {}, *body["alarmMetaData"]]},
    "without metadata": lambda body: {name: value for name, value in body.items() if name != "alarmMetaData"},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("status", ["OK", "FIRING"])
def test_an_alarm_whose_last_message_has_another_shape_is_healed(world, shape, status):
    world.fire("cpu", 3 * HOUR)
    world.deliver(shape(world.message("cpu", "REPEAT", 3 * HOUR - 60)), 3 * HOUR - 60)
    if status == "FIRING":
        world.deliver(shape(world.message("cpu", "FIRING_TO_OK", 3 * HOUR - 120)), 3 * HOUR - 120)
    world.alarm("cpu", status, HOUR)
    assert world.look() == {"cpu": "stale" if status == "OK" else "missing"}
    settled(world, [] if status == "OK" else ["cpu"], **({} if status == "OK" else {"cpu": "agree"}))
    assert not [each for each in world.alerts if each[2] == "ERROR"]


def test_a_region_that_does_not_answer_holds_up_no_other():
    world = World(regions=("eu-frankfurt-1",))
    world.fire("here", 2 * HOUR)
    world.alarm("here", "FIRING", 2 * HOUR)
    world.alarm("there", "OK", HOUR, region="eu-frankfurt-1")
    world.fire("there", 2 * HOUR)
    cycle = world.cycle
    cycle.look()
    world._second += HOUR
    world.alarm("here", "OK", 30 * MINUTE)
    world.sides["eu-frankfurt-1"].fails = {"list_alarms": 0}
    report = cycle.heal(lambda *_: None)
    assert world.open == ["there"] and len(report.unanswered) == 1
    assert {each.kind.value for each in report.decisions} == {"stale", "unknown"}
    world.sides["eu-frankfurt-1"].fails = {}
    cycle.heal(lambda *_: None)
    assert world.open == []


@pytest.mark.parametrize("status", [0, 404, 429, 500])
@pytest.mark.parametrize(
    "call", ["list_alarms", "list_alarms page=2", "list_alarms_status", "list_alarms_status page=2", "empty"]
)
def test_half_an_answer_of_oci_changes_nothing(call, status):
    world = World(settings=Settings(gone=True))
    for number in range(4):
        world.fire(f"alarm {number}", 2 * HOUR)
        world.alarm(f"alarm {number}", "OK", HOUR)
    if call == "empty":
        world.oci.alarms.clear()
    world.oci.fails = {call: status}
    before = world.alerts
    report = world.heal()
    assert world.alerts == before and {kind.value for kind in report.kinds} == {"unknown"}
    assert report.unanswered or call == "empty"


def test_streams_that_cannot_be_read_are_unknown_and_other_alarms_are_not(world):
    split(world, "disks", 3 * HOUR, a="FIRING")
    world.fire("disks", 3 * HOUR, **of_disk("a"))
    world.fire("cpu", 3 * HOUR)
    world.alarm("cpu", "OK", HOUR)
    world.oci.fails = {"retrieve_dimension_states": 429}
    world.heal()
    assert world.open == ["disks"] and world.look() == {"disks": "unknown"}


def test_a_plugin_that_is_away_for_many_cycles_costs_no_message(world):
    world.away = True
    world.deliver(world.message("cpu", ago=HOUR), HOUR)
    world.deliver(world.message("memory", ago=HOUR), HOUR)
    world.alarm("cpu", "FIRING", HOUR)
    world.alarm("memory", "FIRING", HOUR)
    for _ in range(5):
        world.heal()
    assert [state for *_, state in world.alerts] == ["ERROR", "ERROR"], "nothing was added"
    assert sum(world._monitoring.notified.values()) == 2 + 5, "one try a cycle"
    world.away = False
    settled(world, ["cpu", "memory"], cpu="agree", memory="agree")


def test_a_refused_message_is_tried_three_times_even_if_it_came_twice(world):
    for _ in range(2):
        world.deliver(nonsense(), HOUR)
    world.alarm("cpu", "OK", HOUR)
    for _ in range(5):
        world.heal()
    assert [state for *_, state in world.alerts] == ["ERROR", "ERROR"]
    assert sum(world._monitoring.notified.values()) == 2 + 3


def test_where_signatures_are_required_nothing_is_sent():
    world = World(settings=Settings(posts=False))
    world.deliver(nonsense(), HOUR)
    world.fire("cpu", 2 * HOUR)
    world.alarm("cpu", "OK", HOUR)
    world._monitoring.notified.clear()
    settled(world, [], **{world.alerts[0][0]: "failed"})
    assert not world._monitoring.notified


def test_where_persons_resolve_nothing_is_resolved():
    world = World(settings=Settings(resolves=False, gone=True))
    world.fire("cpu", 2 * HOUR)
    world.alarm("cpu", "OK", HOUR)
    settled(world, ["cpu"], cpu="stale")


def test_a_person_is_not_overruled_until_it_fires_again(world):
    world.fire("cpu", 3 * HOUR)
    world.alarm("cpu", "FIRING", 3 * HOUR)
    world._second -= 2 * HOUR
    world.resolve_by_hand("cpu")
    world._second += 2 * HOUR
    settled(world, [], cpu="held")
    world.alarm("cpu", "FIRING", HOUR)  # it recovered meanwhile, and fired again; both messages were lost
    settled(world, ["cpu"], cpu="agree")


def test_the_option_account_changes_nothing():
    world = World({"account": "my account"})
    world.fire("cpu", 2 * HOUR)
    world.alarm("cpu", "OK", HOUR)
    settled(world, [])


def test_an_alert_that_opened_after_the_list_was_read_is_not_opened_again(world):
    world.fire("cpu", 20 * MINUTE)
    world.alarm("cpu", "FIRING", 20 * MINUTE)
    cycle = world.cycle
    cycle.spaceone.open_alerts = list  # as if none was open yet
    cycle.heal(lambda *_: None)
    assert world.open == ["cpu"]


def test_what_fires_again_between_reading_and_acting_is_not_resolved(world):
    world.fire("cpu", 20 * MINUTE)
    world.alarm("cpu", "OK", 10 * MINUTE)
    world.restart()  # the plugin does not know of the firing
    world.cycle.heal(lambda *_: None, lambda _: world.fire("cpu", 1))
    assert "cpu" in world.open


def test_two_alarms_of_one_title_are_two(world):
    for name, status in (("one", "OK"), ("other", "FIRING")):
        world.alarm(name, status, HOUR)
        world.fire(name, 2 * HOUR, title="CPU")
    assert sorted(each.kind.value for each in world.cycle.look().decisions) == ["agree", "stale"]
    world.heal()
    assert len(world.open) == 1


def test_a_suppressed_alarm_that_fires_opens_nothing(world):
    world.fire("cpu", 5 * HOUR)
    world.deliver(world.message("cpu", "FIRING_TO_OK", 5 * HOUR - 60), 5 * HOUR - 60)
    until = {"timeSuppressFrom": world.at(2 * HOUR).isoformat(), "timeSuppressUntil": world.at(-HOUR).isoformat()}
    world.alarm("cpu", "FIRING", HOUR, suppression=until)
    settled(world, [], cpu="suppressed")
