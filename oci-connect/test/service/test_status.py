"""status, rules of the Events service, and Audit."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from standin.oci import COMPARTMENT

STREAM = "ocid1.stream.oc1.phx.theirs"
TENANCY = "ocid1.tenancy.oc1..example"
RULES = {"SpaceONE Cloud Guard problems", "SpaceONE budget alerts", "SpaceONE critical database events"}


@pytest.fixture
def applied(connect, oci):
    oci.page_size = 10
    assert connect("apply").returncode == 0
    return {each["displayName"]: each for each in oci.alarms.values()}


def in_hours(hours):
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def test_all_in_order_ends_with_0_and_a_firing_alarm_is_in_order(connect, oci, applied):
    firing = applied["Compute CPU above 80 percent"]
    oci.states[firing["id"]] = {"status": "FIRING", "timestampTriggered": "2026-03-02T10:11:12.000Z"}
    firing["suppression"] = {"timeSuppressFrom": in_hours(-1), "timeSuppressUntil": in_hours(1)}
    run = connect("status")
    print(run.stdout)
    assert run.returncode == 0
    (row,) = (line for line in run.stdout.splitlines() if line.startswith("Compute CPU"))
    assert row.split("  ")[1:] != []
    assert [cell for cell in map(str.strip, row.split("  ")) if cell][1:5] == [
        "FIRING",
        "2026-03-02 10:11:12",
        "CRITICAL",
        "yes",
    ]
    assert in_hours(1)[:13].replace("T", " ") in row


def test_status_needs_no_webhook_url_and_json_is_complete(connect, oci, applied):
    result = connect.result("status", url=None)
    (topic,) = oci.topics
    assert result["topics"][0]["id"] == topic
    assert [each["state"] for each in result["subscriptions"]] == ["ACTIVE"]
    alarm = result["alarms"][0]
    assert alarm["destinations"] == [topic] and alarm["repeat"] == "PT5M" and alarm["state"] == "OK" and alarm["problems"] == []
    assert {
        "id",
        "since",
        "severity",
        "enabled",
        "suppressed_until",
        "message_format",
        "by",
        "compartment",
        "region",
    } <= alarm.keys()


def test_what_is_not_in_order_is_listed_and_ends_with_4(connect, oci, applied):
    (topic,) = oci.topics
    oci.hold_alarm("by hand", destinations=[topic], repeatNotificationDuration="PT1H", isEnabled=False)
    del oci.alarms[applied["Load balancer answers with errors"]["id"]]
    next(iter(oci.subscriptions.values()))["lifecycleState"] = "PENDING"
    run = connect("status")
    print(run.stdout)
    assert run.returncode == 4 and "Not in order: 4, listed above." in run.stderr
    for problem in (
        "is not confirmed: no message reaches SpaceONE by it",
        "- the alarm by hand is disabled: it notifies nobody",
        "- the alarm by hand repeats PT1H: SpaceONE drops a recovery that comes more than 600 seconds",
        "- the alarm Load balancer answers with errors of the alarm file is missing: apply makes it",
    ):
        assert problem in run.stdout
    assert len(connect.result("status", status=4)["problems"]) == 4


def test_no_topic_is_not_in_order(connect):
    run = connect("status")
    assert run.returncode == 4 and "there is no topic SpaceONE-Webhook-Topic: run apply" in run.stdout


def test_a_piped_table_is_not_cut(connect, oci, applied):
    (topic,) = oci.topics
    name = "An alarm with a very long name " * 8
    oci.hold_alarm(name.strip(), destinations=[STREAM, topic], repeatNotificationDuration="PT5M")
    lines = connect("status", COLUMNS="40").stdout.splitlines()
    assert any(line.startswith(name) and line.endswith("hand") for line in lines)


def test_events_makes_rules_that_plan_shows_and_remove_removes(connect, oci, applied):
    (topic,) = oci.topics
    words = ("--events", "--events-compartment", TENANCY)
    shown = connect("plan", *words).stdout
    assert "manage cloudevents-rules in tenancy" in shown
    assert all(f"create    rule          {name}" in shown for name in RULES)
    assert connect("apply", *words).returncode == 0
    assert {each["displayName"] for each in oci.rules.values()} == RULES
    for rule in oci.rules.values():
        assert rule["compartmentId"] == TENANCY and rule["isEnabled"] is True
        assert [action["topicId"] for action in rule["actions"]["actions"]] == [topic]
        assert all(event_type.startswith("com.oraclecloud.") for event_type in json.loads(rule["condition"])["eventType"])
    assert [step for step in connect.steps("apply", *words) if step[1] == "rule"] == [("keep", "rule")] * 3
    changed = next(iter(oci.rules.values()))
    changed["isEnabled"] = False
    assert "isEnabled: false -> true" in connect("plan", *words).stdout
    told = "was changed by hand; apply --events would change isEnabled: false -> true"
    assert told in connect("status", *words).stdout
    assert ("changed", "rule") in connect.steps("apply", "--yes", *words)
    assert connect("remove", "--yes", *words).returncode == 0
    assert not oci.rules and not oci.topics


def test_rules_that_are_missing_or_let_other_events_through_are_told(connect, oci, applied):
    assert "is missing: apply --events makes it" in connect("status", "--events").stdout
    connect("apply", "--events")
    assert connect("status").returncode == 0
    changed, gone, _ = oci.rules.values()
    changed["condition"] = '{"eventType": ["other"]}'
    del oci.rules[gone["id"]]
    run = connect("status")
    assert run.returncode == 4 and f"the rule {changed['displayName']} was changed by hand" in run.stdout
    assert f"the rule {gone['displayName']} is missing: apply --events makes it" in run.stdout


def test_a_topic_that_only_mails_or_that_no_alarm_notifies_is_not_in_order(connect, oci):
    topic = oci.hold_topic("theirs")["id"]
    mail = {"topicId": topic, "protocol": "EMAIL", "endpoint": "me@example.com", "compartmentId": COMPARTMENT}
    oci.regions[""].put(oci.subscriptions, "onssubscription", **mail)
    run = connect("status", "--topic", topic)
    assert run.returncode == 4 and "subscription  EMAIL  ACTIVE" in run.stdout
    assert "- the topic has no subscription to a webhook: run apply" in run.stdout
    assert "- no alarm of these compartments notifies the topic" in run.stdout


def test_an_alarm_whose_own_topic_is_no_longer_subscribed_to_is_not_in_order(connect, oci):
    oci.page_size = 10
    connect("apply", "--no-alarms")
    theirs = oci.hold_topic("ops-mail")["id"]
    oci.hold_alarm("cpu", destinations=[theirs], repeatNotificationDuration="PT1M")
    words = ("attach", "--their-topics", "--yes")
    assert connect(*words).returncode == 0 and connect("status").returncode == 0
    (lost,) = (ocid for ocid, each in oci.subscriptions.items() if each["topicId"] == theirs)
    del oci.subscriptions[lost]
    run = connect("status")
    assert run.returncode == 4 and "which has no subscription to the webhook: run attach --their-topics" in run.stdout
    assert connect(*words).returncode == 0 and connect("status").returncode == 0


def test_alarms_that_are_all_gone_are_not_in_order(connect, oci, applied):
    oci.alarms.clear()
    assert connect("status").returncode == 4


def test_the_rules_of_others_are_kept(connect, oci, applied):
    rule = {"displayName": "SpaceONE budget alerts", "condition": "{}", "compartmentId": COMPARTMENT, "isEnabled": True}
    theirs = oci.regions[""].put(oci.rules, "eventrule", **rule, actions={"actions": []})
    assert ("foreign", "rule") in connect.steps("apply", "--events")
    assert connect("remove", "--yes", "--events").returncode == 0
    assert list(oci.rules.values()) == [theirs]


def test_rules_that_may_not_be_seen_do_not_stop_status_and_remove(connect, oci, applied):
    oci.refuse = lambda _method, path: (404, "NotAuthorizedOrNotFound") if "/rules" in path else None
    run = connect("status")
    assert run.returncode == 0 and "read cloudevents-rules is needed" in run.stderr
    run = connect("remove", "--yes")
    assert run.returncode == 0 and "none is removed" in run.stderr and not oci.topics


def audit_event(name, ocid, who="kim@example.com", compartment=COMPARTMENT):
    data = {"eventName": name, "resourceId": ocid, "resourceName": f"name of {ocid[-4:]}", "compartmentId": compartment}
    data["identity"] = {"principalName": who, "ipAddress": "192.0.2.7"}
    return {"eventType": "x", "eventTime": "2026-03-02T10:11:12.000Z", "eventId": ocid, "data": data}


def test_audit_shows_who_changed_our_alarms_and_topics(connect, oci, applied):
    (topic,) = oci.topics
    ours = applied["Compute CPU above 80 percent"]["id"]
    oci.regions[""].events += [
        audit_event("UpdateAlarm", ours),
        audit_event("GetAlarm", ours),
        audit_event("UpdateAlarm", "ocid1.alarm.oc1.phx.theirs"),
        audit_event("DeleteAlarm", "ocid1.alarm.oc1.phx.gone", who="lee@example.com"),
        audit_event("UpdateTopic", topic),
        audit_event("LaunchInstance", "ocid1.instance.oc1.phx.x"),
        audit_event("UpdateAlarm", ours, compartment="ocid1.compartment.oc1..elsewhere"),
    ]
    run = connect("status", "--audit")
    print(run.stdout)
    assert run.returncode == 0
    assert "2026-03-02 10:11:12  kim@example.com  UpdateAlarm" in run.stdout
    told = connect.result("status", "--audit")["audit"]
    assert [(each["who"], each["what"]) for each in told] == [
        ("kim@example.com", "UpdateAlarm"), ("lee@example.com", "DeleteAlarm"), ("kim@example.com", "UpdateTopic")
    ]  # fmt: skip


def test_audit_says_that_nobody_changed_anything(connect, oci, applied):
    assert "by OCI's Audit:\nnone" in connect("status", "--audit").stdout
