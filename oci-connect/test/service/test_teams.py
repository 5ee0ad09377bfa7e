"""Several teams in one compartment have separate sets; concurrent runs leave one set."""

import contextlib
import copy
import json
import threading

import pytest

A, B = ("--name", "team-a"), ("--name", "team-b")
B_URL = "https://spaceone.example.com/monitoring/v1/webhook/webhook-b/SECRETaccessKey/events"


def test_two_teams_have_two_sets_and_removing_one_leaves_the_other_byte_for_byte(connect, oci):
    assert connect("apply", *A).returncode == 0
    a = copy.deepcopy(oci.alarms)
    assert connect("apply", *B, url=B_URL).returncode == 0
    assert len(oci.alarms) == 8 and len(oci.topics) == len(oci.subscriptions) == 2
    assert {ocid: oci.alarms[ocid] for ocid in a} == a
    assert [alarm["by"] for alarm in connect.result("status", *B)["alarms"]] == ["apply"] * 4
    assert connect("remove", *B, "--yes").returncode == 0
    assert json.dumps(oci.alarms) == json.dumps(a)
    assert connect("status", *A).returncode == 0


def test_a_team_sees_the_set_of_the_other_as_somebody_elses(connect, oci):
    connect("apply", *A)
    steps = connect.result("plan", *B)["steps"]
    assert [step["action"] for step in steps if step["what"] == "alarm"] == ["foreign", "create"] * 4
    before = copy.deepcopy(oci.alarms)
    connect("apply", "--no-alarms", *B)
    told = connect.result("attach", *B, "--their-topics", "--yes")["steps"]
    assert {step["action"] for step in told} == {"foreign"}
    assert oci.alarms == before


def test_a_team_without_a_name_of_its_own_takes_over_no_subscription_unasked(connect, oci):
    connect("apply")
    held = copy.deepcopy(oci.subscriptions)
    run = connect("apply", url=B_URL, answer="")
    assert run.returncode == 2 and "There is nobody to ask" in run.stderr
    assert oci.subscriptions == held


def test_two_people_at_once_end_with_one_set(connect, oci):
    """Both see nothing, and both make everything: each creation waits for the other's."""
    barriers = {"topics": threading.Barrier(2), "subscriptions": threading.Barrier(2), "alarms": threading.Barrier(2)}

    def meet(method, path):
        if method == "POST":
            with contextlib.suppress(threading.BrokenBarrierError):
                barriers[path.split("/")[-1].rstrip("/")].wait(10)

    oci.on_request, oci.page_size = meet, 10
    people = [connect.start("apply") for _ in range(2)]
    for run in [connect.finish(person) for person in people]:
        assert run.returncode == 0, run.stdout + run.stderr
    oci.on_request = lambda _method, _path: None
    assert sum(change.startswith("POST") for change in oci.changes) == 1 + 2 + 8
    assert len(oci.topics) == len(oci.subscriptions) == 1
    assert len({alarm["displayName"] for alarm in oci.alarms.values()}) == len(oci.alarms) == 4
    assert connect("status").returncode == 0


@pytest.mark.parametrize("what", ["subscriptions", "alarms"])
def test_what_was_made_twice_is_made_one_by_the_next_apply(connect, oci, what):
    connect("apply")
    store = getattr(oci, what)
    first = next(iter(store.values()))
    oci.regions[""].put(
        store, first["id"].split(".")[1], **{k: v for k, v in first.items() if k not in ("id", "timeCreated", "etag")}
    )
    assert ("delete", what[:-1]) in connect.steps("apply")
    assert len(store) == (1 if what == "subscriptions" else 4) and first["id"] in store


@pytest.mark.parametrize("number", [1, 2, 4, 7])
@pytest.mark.parametrize("fault", ["fail_change", "lose_change"])
def test_half_done_work_is_resumed_by_the_same_command(connect, oci, number, fault):
    oci.page_size = 10
    setattr(oci, fault, number)
    run = connect("apply")
    assert run.returncode == (1 if fault == "fail_change" else 0), run.stderr
    if fault == "fail_change":
        assert len(oci.changes) == number - 1
    else:  # nothing is created twice; an update whose answer was lost may be asked for again
        assert sum(change.startswith("POST") for change in oci.changes) == 6
    assert connect("apply").returncode == 0
    assert len(oci.topics) == len(oci.subscriptions) == 1 and len(oci.alarms) == 4


def test_an_alarm_that_is_changed_between_reading_and_writing_is_read_again(connect, oci):
    connect("apply")
    (changed, *_) = oci.alarms
    oci.alarms[changed]["severity"] = "INFO"

    def interfere(method, path):
        if method == "PUT" and oci.alarms[changed].get("resolution") != "1m":
            oci.alarms[changed] |= {"resolution": "1m", "etag": "x-9"}

    oci.on_request = interfere
    assert connect("apply", "--yes").returncode == 0
    assert sum(asked.startswith("PUT") and "/alarms/" in asked for asked in oci.asked) == 2
    assert oci.alarms[changed]["severity"] == "CRITICAL"


def test_a_topic_of_that_name_in_another_compartment_is_told(connect, oci):
    oci.hold_topic("team-a")["compartmentId"] = "ocid1.compartment.oc1..elsewhere"
    run = connect("apply", *A)
    assert run.returncode == 1
    assert "409 TopicAlreadyExists" in run.stderr and "choose another with --name" in run.stderr
