"""What oci-connect promises of an OCI that is slow, refuses, or was changed by others: it never says what is not so."""

import pytest

from standin.oci import COMPARTMENT

TENANCY = "ocid1.tenancy.oc1..aaaa"  # of the profile
OTHER = "ocid1.compartment.oc1..other"
STREAM = "ocid1.stream.oc1.phx.theirs"
SEOUL, PHOENIX = "ap-seoul-1", "us-phoenix-1"
REPEAT = "repeatNotificationDuration"
DENIED = (404, "NotAuthorizedOrNotFound")


@pytest.mark.parametrize("late", ["listed_after", "known_after", "active_after"])
def test_what_oci_shows_late_is_made_once(connect, oci, late):
    setattr(oci, late, 1.5)
    run = connect("apply")
    assert run.returncode == 0, run.stderr
    assert len(oci.topics) == len(oci.subscriptions) == 1 and len(oci.alarms) == 4
    assert "POST" in oci.changes[0] and sum(change.startswith("POST") for change in oci.changes) == 6


@pytest.fixture
def orphaned(connect, oci):
    """A set with an attached alarm, whose topic somebody has deleted in the console."""
    oci.page_size = 10
    theirs = oci.hold_alarm("theirs", destinations=[STREAM], freeformTags={}, **{REPEAT: "PT4H"})
    assert connect("apply").returncode == 0
    assert connect("attach", "--alarm", "theirs", "--yes").returncode == 0
    oci.topics.clear()
    oci.subscriptions.clear()
    return theirs["id"]


def test_without_its_topic_status_lists_what_belongs_to_the_set(connect, oci, orphaned):
    run = connect("status")
    assert run.returncode == 4 and run.stdout.count("orphan") == 5
    assert "its topic is gone: apply adopts them" in run.stdout
    assert len(connect.result("status", status=4)["orphans"]) == 5


def test_without_its_topic_remove_puts_everything_back(connect, oci, orphaned):
    assert connect("remove", "--yes").returncode == 0
    (left,) = oci.alarms.values()
    assert (left["id"], left["destinations"], left[REPEAT], left["freeformTags"]) == (orphaned, [STREAM], "PT4H", {})


def test_without_its_topic_detach_puts_attached_alarms_back(connect, oci, orphaned):
    assert connect("detach", "--yes").returncode == 0
    assert oci.alarms[orphaned]["destinations"] == [STREAM] and oci.alarms[orphaned]["freeformTags"] == {}


def test_without_its_topic_apply_adopts_what_belongs_to_the_set(connect, oci, orphaned):
    assert connect("apply").returncode == 0
    (topic,) = oci.topics
    assert len(oci.alarms) == 5 and len(oci.subscriptions) == 1
    assert all(topic in each["destinations"] for each in oci.alarms.values())
    assert connect("status").returncode == 0
    assert connect("remove", "--yes").returncode == 0
    assert oci.alarms[orphaned]["destinations"] == [STREAM] and len(oci.alarms) == 1


def test_an_alarm_that_was_moved_is_found_before_the_topic_goes(connect, oci):
    connect("apply")
    next(iter(oci.alarms.values()))["compartmentId"] = OTHER
    assert connect("remove", "--yes").returncode == 0
    assert not oci.alarms and not oci.topics


def test_the_topic_stays_where_the_tenancy_cannot_be_searched(connect, oci):
    connect("apply")
    oci.refuse = lambda _method, path: DENIED if "compartmentIdInSubtree" in path else None
    run = connect("remove", "--yes")
    assert run.returncode == 0 and len(oci.topics) == 1 and not oci.alarms
    assert "the topic is kept. --force deletes it all the same" in run.stderr
    assert connect("remove", "--yes", "--force").returncode == 0 and not oci.topics


def test_what_is_listed_and_cannot_be_read_is_told_and_ends_with_1(connect, oci):
    connect("apply", "--no-alarms")
    hidden = oci.hold_alarm("hidden", destinations=[STREAM])["id"]
    oci.hold_alarm("seen", destinations=[STREAM], metricCompartmentId=OTHER)
    oci.refuse = lambda _method, path: DENIED if hidden in path else None
    run = connect("plan attach")
    assert run.returncode == 1 and "1 alarms: 1 to attach" in run.stdout
    assert f"us-phoenix-1, {COMPARTMENT}, {hidden}" in run.stderr
    assert f"Allow group WebhookAdmins to read metrics in compartment id {OTHER}" in run.stdout


def test_one_alarm_that_always_fails_costs_itself_alone(connect, oci):
    connect("apply", "--no-alarms")
    broken, *_ = [oci.hold_alarm(name, destinations=[STREAM])["id"] for name in ("a", "b", "c")]
    oci.refuse = lambda method, path: (400, "InvalidParameter") if method == "PUT" and broken in path else None
    result = connect.result("attach", "--yes", status=1)
    outcomes = {step["name"]: step["outcome"] for step in result["steps"] if step["what"] == "alarm"}
    assert outcomes == {"a": "refused", "b": "done", "c": "done"}
    assert [(each["id"], each["compartment"], each["region"]) for each in result["refusals"]] == [
        (broken, COMPARTMENT, "us-phoenix-1")
    ]


def test_equal_refusals_are_told_once(connect, oci):
    connect("apply", "--no-alarms")
    for number in range(5):
        oci.hold_alarm(f"alarm {number}", destinations=[STREAM])
    oci.refuse = lambda method, path: (400, "InvalidParameter") if method == "PUT" and "/alarms/" in path else None
    run = connect("attach", "--yes")
    assert run.stderr.count("OCI refuses to attach") == 1 and "and so for 4 more: alarm 1 (ocid1.alarm" in run.stderr


def test_a_region_that_refuses_costs_no_other(connect, oci):
    where = {"endpoint": oci.url + "/{region}"}
    words = ("--no-alarms", "--region", SEOUL, "--region", PHOENIX)
    oci.refuse = lambda _method, path: DENIED if path.startswith(f"/{SEOUL}/") else None
    run = connect("apply", *words, **where)
    assert run.returncode == 1 and "ap-seoul-1" in run.stderr
    assert len(oci.regions[PHOENIX].topics) == 1 and not oci.regions[SEOUL].topics if SEOUL in oci.regions else True


def test_a_compartment_without_permission_is_a_warning(connect, oci):
    oci.hold_alarm("cpu", destinations=[STREAM])
    connect("apply", "--no-alarms")
    oci.refuse = lambda _method, path: DENIED if f"compartmentId={OTHER}" in path and "/alarms" in path else None
    run = connect("plan attach", "--compartment", OTHER)
    assert run.returncode == 0 and f"The alarms of compartment {OTHER} in us-phoenix-1 cannot be listed" in run.stderr
    assert "1 alarms: 1 to attach" in run.stdout
    made = connect("apply", "--compartment", OTHER)
    assert made.returncode == 0 and {each["compartmentId"] for each in oci.alarms.values()} == {COMPARTMENT}


def test_alarms_that_terraform_takes_back_are_told(connect, oci):
    oci.page_size = 10
    connect("apply", "--no-alarms")
    held = [oci.hold_alarm(f"web {n}", destinations=[STREAM], freeformTags={"made-by": "Terraform"}) for n in (1, 2)]
    assert "name Terraform" in connect("plan attach").stderr
    connect("attach", "--alarm", "web *", "--yes")
    oci.alarms[held[0]["id"]] |= {"destinations": [STREAM], "freeformTags": {"made-by": "Terraform"}}
    oci.hold_alarm("web 3", destinations=[STREAM], timeCreated="2999-01-01T00:00:00.000Z")
    result = connect.result("status", status=4)
    assert result["attached"] == [
        {"region": "us-phoenix-1", "expected": 3, "attached": 1, "reverted": ["web 1"], "new": ["web 3"]}
    ]
    assert "attach: 3 alarms expected, 1 attached, 1 reverted, 1 new" in connect("status").stdout


def test_another_alarm_file_than_before_is_told(connect, oci):
    connect("apply")
    assert "alarm file: default.yaml -> storage.yaml" in connect("plan", "--alarms", "storage").stdout


def test_ons_tries_for_a_day_or_as_long_as_oci_takes(connect, oci):
    oci.max_retry_hours = 12
    run = connect("apply", "--no-alarms", "--retry-hours", "48")
    assert run.returncode == 0 and "OCI does not take 48 hours of retries: it tries for 12 hours." in run.stderr
    oci.max_retry_hours = 24
    assert connect("apply", "--no-alarms").returncode == 0
    (subscription,) = oci.subscriptions.values()
    policy = {"maxRetryDuration": 24 * 3_600_000, "policyType": "EXPONENTIAL"}
    assert subscription["deliveryPolicy"] == {"backoffRetryPolicy": policy}


def test_deliveries_that_fail_are_not_in_order(connect, oci):
    connect("apply")
    oci.regions[""].metrics = {"PublishedMessagesCount": 7, "DeliveredMessagesCount": 5, "FailedMessagesCount": 2}
    run = connect("status")
    assert run.returncode == 4 and "7 published, 5 delivered, 2 failed in the last 24 hours" in run.stdout
    assert connect.result("status", status=4)["deliveries"][0]["failed"] == 2


def test_tags_of_the_command_line_are_on_all_that_is_made(connect, oci):
    words = ("--freeform-tag", "cost-center=42", "--defined-tag", "Operations.Team=web")
    assert connect("apply", "--events", *words).returncode == 0
    made = [*oci.topics.values(), *oci.subscriptions.values(), *oci.alarms.values(), *oci.rules.values()]
    assert len(made) == 9 and all(each["freeformTags"]["cost-center"] == "42" for each in made)
    assert all(each["definedTags"] == {"Operations": {"Team": "web"}} for each in made)


def test_a_tenancy_is_listed_at_once_in_each_region(connect, oci):
    oci.children = {TENANCY: [(COMPARTMENT, "web", "ACTIVE")], COMPARTMENT: [(OTHER, "db", "ACTIVE")]}
    oci.page_size = 1000
    for compartment in (TENANCY, COMPARTMENT, OTHER):
        oci.hold_alarm("cpu", compartment=compartment, destinations=[STREAM])
    connect("apply", "--no-alarms", compartment=TENANCY)
    oci.asked.clear()
    run = connect("plan attach", "--subtree", compartment=TENANCY)
    assert run.returncode == 0 and "3 alarms: 3 to attach" in run.stdout
    assert sum("/alarms?" in asked for asked in oci.asked) == 1 and sum("/compartments" in asked for asked in oci.asked) == 1


def test_json_has_the_same_keys_for_every_command(connect, oci):
    keys = {tuple(connect.result(command).keys()) for command in ("plan", "apply", "status")}
    assert len(keys) == 1 and connect.result("plan")["format"] == 1


def test_plan_counts_what_stays_and_says_by_its_exit_status_what_would_change(connect, oci):
    assert connect("plan", "--detailed-exitcode", url=None).returncode == 5
    connect("apply")
    run = connect("plan", "--detailed-exitcode")
    assert run.returncode == 0 and "Sum: 6 unchanged" in run.stdout and "keep" not in run.stdout
    assert connect("plan", "--all").stdout.count("keep") == 6
