"""Several regions of which one fails, and an OCI that is late: what can be done is done, and nothing is said that is not so."""

import threading

import pytest

from standin.oci import COMPARTMENT

OTHER = "ocid1.compartment.oc1..other"
STREAM = "ocid1.stream.oc1.phx.theirs"
SEOUL, PHOENIX = "ap-seoul-1", "us-phoenix-1"
NAME = "SpaceONE-Webhook-Topic"
REPEAT = "repeatNotificationDuration"
REGIONS = ("--region", SEOUL, "--region", PHOENIX)


def test_a_region_without_a_topic_costs_no_other(connect, oci):
    where = {"endpoint": oci.url + "/{region}"}
    connect("apply", "--no-alarms", "--region", PHOENIX, **where)
    oci.hold_alarm("cpu", region=PHOENIX, destinations=[STREAM])
    result = connect.result("attach", "--yes", *REGIONS, status=1, **where)
    assert [(step["what"], step["outcome"]) for step in result["steps"] if step["region"] == PHOENIX][-1] == ("alarm", "done")
    (failure,) = result["refusals"]
    assert failure["region"] == SEOUL and "run apply first" in failure["message"] and "code" in failure
    run = connect("test", "--pause", "0", *REGIONS, **where)
    assert run.returncode == 1 and f"{SEOUL}: There is no topic" in run.stderr and run.stdout.count("publish") == 2


def test_a_region_that_does_not_confirm_costs_no_other(connect, oci):
    oci.confirms_itself = False
    run = connect("apply", "--no-alarms", "--wait", "0", *REGIONS, endpoint=oci.url + "/{region}")
    assert run.returncode == 3 and f"Not done in {SEOUL}, {PHOENIX}" in run.stderr
    assert all(len(oci.regions[region].subscriptions) == 1 for region in (SEOUL, PHOENIX))


@pytest.mark.parametrize(("listed", "known", "active"), [(0.7, 0.7, 0.7), (2, 0, 3), (0, 2.5, 1)])
def test_every_delay_together_ends_with_one_set(connect, oci, listed, known, active):
    oci.listed_after, oci.known_after, oci.active_after = listed, known, active
    run = connect("apply", "--events")
    assert run.returncode == 0, run.stderr
    assert [len(held) for held in (oci.topics, oci.subscriptions, oci.alarms, oci.rules)] == [1, 1, 4, 3]


@pytest.mark.parametrize("status", [404, 409])
def test_a_change_of_what_was_just_made_is_tried_again(connect, oci, status):
    left = [2]

    def refuse(method, path):
        if method == "PUT" and "/subscriptions/" in path and left[0]:
            left[0] -= 1
            return (status, "NotAuthorizedOrNotFound")
        return None

    oci.refuse = refuse
    run = connect("apply", "--no-alarms")
    assert run.returncode == 0 and left == [0], run.stderr
    assert "deliveryPolicy" in next(iter(oci.subscriptions.values()))


@pytest.mark.parametrize("part", ["/alarms/", "/topics/", "/subscriptions/"])
def test_what_is_being_changed_is_deleted_as_soon_as_that_is_over(connect, oci, part):
    connect("apply")
    left = [3]

    def refuse(method, path):
        if method == "DELETE" and part in path and left[0]:
            left[0] -= 1
            return (409, "IncorrectState")
        return None

    oci.refuse = refuse
    assert connect("remove", "--yes").returncode == 0
    assert not oci.alarms and not oci.topics and not oci.subscriptions


def test_the_end_of_a_topic_that_is_being_deleted_is_waited_for(connect, oci):
    old = oci.hold_topic(NAME, lifecycleState="DELETING", freeformTags={})
    threading.Timer(7, oci.topics.pop, [old["id"]]).start()
    run = connect("apply", "--no-alarms")
    assert run.returncode == 0 and len(oci.topics) == 1, run.stderr
    old = oci.hold_topic("Another", lifecycleState="DELETING", freeformTags={})
    run = connect("apply", "--no-alarms", "--name", "Another", "--wait", "1")
    assert run.returncode == 1 and "409 TopicAlreadyExists" in run.stderr


def test_a_topic_that_was_moved_is_found_by_its_subscription(connect, oci):
    connect("apply")
    next(iter(oci.topics.values()))["compartmentId"] = OTHER
    assert connect("status").returncode == 0
    assert connect("apply").returncode == 0 and len(oci.topics) == 1
    assert connect("test", "--pause", "0").returncode == 0


def test_a_topic_by_hand_in_the_place_of_ours_is_kept_and_the_rest_put_back(connect, oci):
    theirs = oci.hold_alarm("theirs", destinations=[STREAM], freeformTags={}, **{REPEAT: "PT4H"})
    connect("apply")
    connect("attach", "--alarm", "theirs", "--yes")
    oci.topics.clear()
    oci.subscriptions.clear()
    foreign = oci.hold_topic(NAME, freeformTags={})
    run = connect("status")
    assert run.returncode == 4 and run.stdout.count("orphan") == 5 and "oci-connect did not make it" in run.stderr
    assert connect("apply").returncode == 1
    assert connect("remove", "--yes").returncode == 0
    (left,) = oci.alarms.values()
    assert (left["id"], left["destinations"], left[REPEAT]) == (theirs["id"], [STREAM], "PT4H")
    assert list(oci.topics) == [foreign["id"]]


def test_a_rule_that_was_disabled_is_enabled_again_and_not_made_twice(connect, oci):
    connect("apply", "--events")
    rule = next(iter(oci.rules.values()))
    rule |= {"isEnabled": False, "lifecycleState": "INACTIVE"}
    assert connect("status", "--events").returncode == 4
    assert connect("apply", "--events", "--yes").returncode == 0
    assert len(oci.rules) == 3 and rule["isEnabled"] is True


def test_a_detach_that_was_interrupted_goes_on_and_blames_nobody(connect, oci):
    oci.hold_alarm("theirs", destinations=[STREAM], freeformTags={}, **{REPEAT: "PT4H"})
    connect("apply", "--no-alarms")
    connect("attach", "--yes")
    oci.fail_change = len(oci.changes) + 2
    assert connect("detach", "--yes").returncode == 1
    run = connect("detach", "--yes")
    assert run.returncode == 0 and "by hand" not in run.stdout
    (left,) = oci.alarms.values()
    assert (left["destinations"], left[REPEAT], left["freeformTags"]) == ([STREAM], "PT4H", {})


def test_a_mark_stays_while_the_answer_does_not_show_what_was_put_back(connect, oci):
    oci.hold_alarm("theirs", destinations=[STREAM], freeformTags={}, **{REPEAT: "PT4H"})
    connect("apply", "--no-alarms")
    connect("attach", "--yes")
    oci.ignores = ("destinations",)
    run = connect("detach", "--yes")
    assert "does not show the change of destinations yet: its tag keeps what was" in run.stderr
    oci.ignores = ()
    assert connect("detach", "--yes").returncode == 0
    (left,) = oci.alarms.values()
    assert (left["destinations"], left["freeformTags"]) == ([STREAM], {})


def test_tags_of_attach_are_on_its_subscription_and_other_tags_are_no_change_by_hand(connect, oci):
    connect("apply")
    assert connect("apply", "--freeform-tag", "cost=1").returncode == 0  # asks nothing
    assert all(each["freeformTags"]["cost"] == "1" for each in oci.alarms.values())
    theirs = oci.hold_topic("theirs")["id"]
    oci.hold_alarm("theirs", destinations=[theirs], freeformTags={})
    connect("attach", "--their-topics", "--alarm", "theirs", "--yes", "--freeform-tag", "cost=1")
    assert [each["freeformTags"].get("cost") for each in oci.subscriptions.values() if each["topicId"] == theirs] == ["1"]


def test_names_of_odd_characters_are_meant_as_they_are(connect, oci):
    oci.page_size = 10
    connect("apply", "--no-alarms")
    for name in ("[prod] cpu", "x cpu", "a|b", "a"):
        oci.hold_alarm(name, destinations=[STREAM], freeformTags={})
    assert connect("attach", "--yes", "--alarm", "[prod] cpu", "--alarm", "a|b").returncode == 0
    (topic,) = oci.topics
    assert [each["displayName"] for each in oci.alarms.values() if topic in each["destinations"]] == ["[prod] cpu", "a|b"]
    assert connect.result("status", status=0)["attached"][0]["expected"] == 2


def test_what_fails_is_no_missing_policy(connect, oci):
    connect("apply")
    for part, command in (("/metrics/", "status"), ("/rules?", "status"), ("compartmentIdInSubtree", "remove --yes")):
        oci.refuse = lambda _method, path, part=part: (400, "InvalidParameter") if part in path else None
        run = connect(command)
        assert run.returncode == 1 and "needed" not in run.stderr and "400 InvalidParameter" in run.stderr
    assert len(oci.topics) == 1 and len(oci.alarms) == 4


def test_what_was_made_is_told_with_its_ocid(connect, oci):
    made = {step["id"] for step in connect.result("apply")["steps"] if step["action"] == "create"}
    assert made == {*oci.topics, *oci.subscriptions, *oci.alarms}


def test_a_refusal_of_a_list_says_its_compartment(connect, oci):
    connect("apply")
    oci.refuse = lambda _method, path: (404, "NotAuthorizedOrNotFound") if "/subscriptions?" in path else None
    result = connect.result("status", status=1)
    assert result["error"]["compartment"] == COMPARTMENT and result["error"]["region"] == PHOENIX
