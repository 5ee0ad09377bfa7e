"""Several compartments, a compartment's subtree, and several regions in one run."""

import pytest

from standin.oci import COMPARTMENT

CHILD, GRANDCHILD, GONE, OTHER = (f"ocid1.compartment.oc1..{name}" for name in ("child", "grandchild", "gone", "other"))
STREAM = "ocid1.stream.oc1.phx.theirs"
SEOUL, PHOENIX = "ap-seoul-1", "us-phoenix-1"


@pytest.fixture
def tree(oci):
    oci.children = {
        COMPARTMENT: [(CHILD, "web", "ACTIVE"), (GONE, "old", "DELETED")],
        CHILD: [(GRANDCHILD, "web-prod", "ACTIVE")],
    }
    for compartment in (COMPARTMENT, CHILD, GRANDCHILD, GONE, OTHER):
        oci.hold_alarm("cpu", compartment=compartment, destinations=[STREAM])


def attached(oci):
    return {each["compartmentId"] for each in oci.alarms.values() if len(each["destinations"]) == 2}


def test_alarms_of_several_compartments_are_attached_in_one_run(connect, oci, tree):
    connect("apply", "--no-alarms")
    run = connect("attach", "--yes", "--compartment", OTHER)
    assert run.returncode == 0
    assert f"us-phoenix-1 {OTHER}" in run.stdout
    assert attached(oci) == {COMPARTMENT, OTHER}


def test_a_subtree_is_the_compartment_and_all_that_live_below_it(connect, oci, tree):
    connect("apply", "--no-alarms")
    run = connect("attach", "--yes", "--subtree")
    assert run.returncode == 0
    assert "us-phoenix-1 web-prod" in run.stdout
    assert attached(oci) == {COMPARTMENT, CHILD, GRANDCHILD}
    status = connect("status", "--subtree")
    assert status.returncode == 0 and "web-prod" in status.stdout
    assert connect("detach", "--yes", "--subtree").returncode == 0
    assert attached(oci) == set()


def test_apply_makes_the_alarms_of_the_file_in_each_compartment(connect, oci, tmp_path):
    (tmp_path / "alarms.yaml").write_text(f"""
alarms:
  - {{displayName: everywhere, namespace: n, query: 'q[1m].max() > 0', severity: INFO}}
  - {{displayName: once, compartmentId: {OTHER}, metricCompartmentId: {CHILD}, namespace: n, query: 'q[1m].max() > 0', severity: INFO}}
""")
    words = ("--alarms", str(tmp_path / "alarms.yaml"), "--compartment", CHILD)
    for action in ("create", "keep"):
        taken = [s for s in connect.result("apply", *words)["steps"] if s["what"] == "alarm"]
        assert {(s["action"], s["name"], s["compartment"]) for s in taken} == {
            (action, "everywhere", COMPARTMENT), (action, "everywhere", CHILD), (action, "once", OTHER)
        }  # fmt: skip
    assert {each["metricCompartmentId"] for each in oci.alarms.values()} == {COMPARTMENT, CHILD}
    shown = connect("plan", *words).stdout
    assert f"manage alarms in compartment id {OTHER}" in shown and f"read metrics in compartment id {CHILD}" in shown
    removed = connect("remove", "--yes", *words)
    assert removed.returncode == 0
    assert not oci.alarms


def test_each_region_has_a_topic_of_its_own(connect, oci):
    oci.hold_alarm("cpu", region=SEOUL, destinations=[STREAM])
    oci.hold_alarm("cpu", region=PHOENIX, destinations=[STREAM])
    words = ("--region", SEOUL, "--region", PHOENIX)
    where = {"endpoint": oci.url + "/{region}"}
    assert connect("apply", "--no-alarms", *words, **where).returncode == 0
    run = connect("attach", "--yes", *words, **where)
    assert run.returncode == 0 and "Region ap-seoul-1" in run.stdout
    for region in (SEOUL, PHOENIX):
        (topic,), (alarm,) = oci.regions[region].topics, oci.regions[region].alarms.values()
        assert alarm["destinations"] == [STREAM, topic]
        assert len(oci.regions[region].subscriptions) == 1
    assert {alarm["region"] for alarm in connect.result("status", *words, **where)["alarms"]} == {SEOUL, PHOENIX}
    assert connect("remove", "--yes", *words, **where).returncode == 0
    assert not any(oci.regions[region].topics for region in (SEOUL, PHOENIX))


def test_a_topic_lives_in_one_region(connect):
    run = connect("plan", "--topic", "ocid1.onstopic.oc1.phx.x", "--region", SEOUL, "--region", PHOENIX)
    assert run.returncode == 2 and "a topic lives in one region" in run.stderr


@pytest.mark.parametrize("command", ["attach", "detach", "remove"])
def test_all_regions_are_shown_whole_before_one_question_and_told_in_json(connect, oci, command):
    words, where = ("--region", SEOUL, "--region", PHOENIX), {"endpoint": oci.url + "/{region}"}
    for region in (SEOUL, PHOENIX):
        oci.hold_alarm("cpu", region=region, destinations=[STREAM])
    connect("apply", "--no-alarms", *words, **where)
    if command != "attach":
        connect("attach", "--yes", *words, **where)
    done = len(oci.changes)
    run = connect(command, *words, answer="no\n", **where)
    assert run.returncode == 2 and "Nothing was changed." in run.stderr and len(oci.changes) == done
    assert run.stdout.count("repeatNotificationDuration: ") == 2 and run.stderr.count("(yes/no)") == 1
    steps = connect.result(command, "--yes", *words, **where)["steps"]
    assert {step["region"] for step in steps if step["what"] == "alarm"} == {SEOUL, PHOENIX}


def test_a_no_to_replacing_a_subscription_changes_nothing_in_any_region(connect, oci):
    words, where = ("--no-alarms", "--region", SEOUL, "--region", PHOENIX), {"endpoint": oci.url + "/{region}"}
    connect("apply", "--no-alarms", "--region", PHOENIX, **where)
    done = len(oci.changes)
    run = connect("apply", *words, url="https://other.example.com/a/SECRETaccessKey", answer="no\n", **where)
    assert run.returncode == 2 and "Nothing was changed." in run.stderr and len(oci.changes) == done
