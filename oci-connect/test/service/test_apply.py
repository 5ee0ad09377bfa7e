"""apply and remove: a set is made, kept, put back after changes by hand, and removed; nothing of others is touched."""

import copy

import pytest

from plugin_process import ROOT
from standin.oci import COMPARTMENT

ALARM_FILE = (ROOT / "oci-connect/src/oci_connect/alarms/default.yaml").read_text(encoding="utf-8")
NEW_URL = "https://spaceone.example.com/monitoring/v1/webhook/webhook-2/SECRETaccessKey/events"
NAMES = [
    "Compute CPU above 80 percent",
    "Compute memory above 90 percent",
    "Load balancer answers with errors",
    "Load balancer has unhealthy backends",
]
UNCHANGED = [("keep", "topic"), ("keep", "subscription"), *[("keep", "alarm")] * 4, ("active", "subscription")]


@pytest.fixture
def file(tmp_path):
    def write(text):
        (tmp_path / "alarms.yaml").write_text(text, encoding="utf-8")
        return ("--alarms", str(tmp_path / "alarms.yaml"))

    return write


def alarm(oci, name="Compute CPU above 80 percent"):
    (found,) = (each for each in oci.alarms.values() if each["displayName"] == name)
    return found


def test_plan_prints_the_policies_first_and_changes_nothing(connect, oci):
    run = connect("plan")
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert lines[1:5] == [
        f"  Allow group WebhookAdmins to {what} in compartment id {COMPARTMENT}"
        for what in ("manage alarms", "read metrics", "manage ons-topics", "manage ons-subscriptions")
    ]
    assert [line.split()[0] for line in lines if line.startswith("create")] == ["create"] * 6
    assert "query: CpuUtilization[1m].mean() > 80" in run.stdout and "pendingDuration: PT3M" in run.stdout
    assert lines[-1] == "Sum: 6 create"
    assert connect.result("apply", "--dry-run")["steps"] == connect.result("plan")["steps"]
    assert all(asked.startswith("GET") for asked in oci.asked)


def test_what_is_made_carries_its_topic_and_a_second_apply_makes_nothing_twice(connect, oci):
    assert connect("apply").returncode == 0
    (topic,) = oci.topics
    made = [*oci.alarms.values(), *oci.subscriptions.values()]
    assert {each["freeformTags"]["oci-connect-owner"].split(" ")[2] for each in made} == {topic}
    assert sorted(each["displayName"] for each in oci.alarms.values()) == NAMES
    for each in oci.alarms.values():
        assert (each["repeatNotificationDuration"], each["messageFormat"], each["destinations"]) == ("PT5M", "RAW", [topic])
    held = copy.deepcopy(oci.alarms)
    assert connect.steps("apply") == UNCHANGED
    assert oci.alarms == held and len(oci.topics) == len(oci.subscriptions) == 1


def test_the_webhook_url_of_a_file_or_the_command_line_works_and_ps_is_told_of(connect, oci, tmp_path):
    url = "https://spaceone.example.com/SECRETaccessKey"
    (tmp_path / "url").write_text(url + "\n")
    assert connect("apply", "--no-alarms", "--webhook-url-file", str(tmp_path / "url"), url=None).returncode == 0
    assert [each["endpoint"] for each in oci.subscriptions.values()] == [url]
    told = connect("apply", "--no-alarms", "--webhook-url", url, url=None)
    assert told.returncode == 0 and "`ps` shows a command line" in told.stderr
    assert len(oci.subscriptions) == 1


def test_a_changed_file_updates_its_alarm_field_by_field(connect, oci, file):
    connect("apply")
    oci.alarms[alarm(oci)["id"]]["freeformTags"]["cost-center"] = "42"
    words = file(ALARM_FILE.replace("mean() > 80", "mean() > 70").replace("severity: CRITICAL", "severity: ERROR"))
    shown = connect("plan", *words).stdout
    assert "update    alarm         Compute CPU above 80 percent" in shown
    assert "query: CpuUtilization[1m].mean() > 80 -> CpuUtilization[1m].mean() > 70" in shown
    assert "severity: CRITICAL -> ERROR" in shown
    taken = connect.steps("apply", *words)
    assert taken.count(("update", "alarm")) == 1 and taken.count(("keep", "alarm")) == 3
    assert (alarm(oci)["severity"], alarm(oci)["freeformTags"]["cost-center"]) == ("ERROR", "42")


def test_a_text_that_the_file_no_longer_has_is_emptied(connect, oci, file):
    text = "alarms: [{displayName: a, namespace: n, query: 'q[1m].max() > 0', severity: INFO, body: read this, overrides: [{ruleName: r, severity: ERROR}]}]"
    connect("apply", *file(text))
    assert alarm(oci, "a")["body"] == "read this"
    assert alarm(oci, "a")["overrides"] == [{"ruleName": "r", "severity": "ERROR"}]
    assert connect.steps("apply", *file(text))[2] == ("keep", "alarm")
    connect("apply", *file("alarms: [{displayName: a, namespace: n, query: 'q[1m].max() > 0', severity: INFO}]"))
    assert "body" not in alarm(oci, "a") and alarm(oci, "a")["overrides"] == []


def test_a_setting_that_the_file_no_longer_has_is_set_back_and_shown(connect, oci, file):
    text = "alarms: [{displayName: a, namespace: n, query: 'q[1m].max() > 0', severity: INFO%s}]"
    more = ", isNotificationsPerMetricDimensionEnabled: true, metricCompartmentIdInSubtree: true, evaluationSlackDuration: PT1H"
    connect("apply", *file(text % more))
    assert connect.steps("apply", *file(text % more))[2] == ("keep", "alarm")
    shown = connect("plan", *file(text % "")).stdout
    assert (
        "isNotificationsPerMetricDimensionEnabled: true -> false" in shown and "evaluationSlackDuration: PT1H -> PT3M" in shown
    )
    connect("apply", *file(text % ""))
    assert alarm(oci, "a")["isNotificationsPerMetricDimensionEnabled"] is False
    assert alarm(oci, "a")["metricCompartmentIdInSubtree"] is False
    assert connect.steps("apply", *file(text % ""))[2] == ("keep", "alarm")


def test_a_change_by_hand_is_told_and_put_back_only_by_apply(connect, oci):
    connect("apply")
    oci.alarms[alarm(oci)["id"]] |= {"severity": "INFO", "isEnabled": False}
    shown = connect("plan").stdout
    assert "changed   alarm         Compute CPU above 80 percent" in shown
    assert "severity: INFO -> CRITICAL" in shown and "isEnabled: false -> true" in shown
    status = connect.result("status", status=4)
    assert any("was changed by hand" in each and "severity: INFO -> CRITICAL" in each for each in status["problems"])
    assert alarm(oci)["severity"] == "INFO"
    assert connect("apply", answer="no\n").returncode == 2 and alarm(oci)["severity"] == "INFO"
    assert "put back  alarm         Compute CPU above 80 percent" in connect("apply", "--yes").stdout
    assert (alarm(oci)["severity"], alarm(oci)["isEnabled"]) == ("CRITICAL", True)


def test_an_alarm_that_is_no_longer_in_the_file_is_told_and_kept(connect, oci, file):
    connect("apply")
    words = file("alarms: [{displayName: a, namespace: n, query: 'q[1m].max() > 0', severity: INFO}]")
    taken = connect.result("apply", *words)["steps"]
    assert [step["name"] for step in taken if step["action"] == "leftover"] == NAMES
    assert all("no longer has it" in step["note"] for step in taken if step["action"] == "leftover")
    assert len(oci.alarms) == 5


def test_a_repeat_that_is_too_long_for_spaceone_is_told_with_its_reason(connect, file):
    run = connect("plan", *file(ALARM_FILE.replace("    pendingDuration: PT3M", "    repeatNotificationDuration: PT1H")))
    assert run.returncode == 0
    assert "repeatNotificationDuration PT1H: SpaceONE drops a recovery that comes more than 600 seconds" in run.stderr


def test_what_somebody_else_made_of_the_same_name_is_kept_and_told(connect, oci):
    theirs = copy.deepcopy(oci.hold_alarm("Compute CPU above 80 percent", severity="INFO"))
    run = connect("apply")
    assert run.returncode == 0
    assert "foreign   alarm         Compute CPU above 80 percent" in run.stdout and "somebody else made" in run.stdout
    assert oci.alarms[theirs["id"]] == theirs and len(oci.alarms) == 5
    assert connect("remove", "--yes").returncode == 0
    assert list(oci.alarms.values()) == [theirs] and not oci.topics


def test_a_topic_of_that_name_that_somebody_else_made_is_not_taken(connect, oci):
    theirs = oci.hold_topic("SpaceONE-Webhook-Topic")
    for command in ("apply", "attach", "status", "test", "remove --yes"):
        run = connect(command)
        assert run.returncode == 1
        assert "oci-connect did not make it: it is kept" in run.stderr and f"--topic {theirs['id']}" in run.stderr
    assert not oci.changes


def test_a_topic_that_is_given_is_used_and_stays_when_the_rest_is_removed(connect, oci):
    topic = oci.hold_topic("theirs")
    words = ("--topic", topic["id"])
    assert connect("apply", *words).returncode == 0
    assert len(oci.topics) == 1 and len(oci.alarms) == 4
    assert connect("remove", *words, answer="no\n").returncode == 2
    assert len(oci.alarms) == 4
    assert connect.steps("remove", *words, "--yes") == [
        *[("delete", "alarm")] * 4,
        ("delete", "subscription"),
        ("keep", "topic"),
    ]
    assert not oci.alarms and not oci.subscriptions and list(oci.topics) == [topic["id"]]
    assert "nothing that oci-connect made" in connect("remove", *words, "--yes").stdout


def test_a_new_webhook_url_replaces_the_old_subscription_once_it_is_active(connect, oci):
    connect("apply")
    (old,) = oci.subscriptions
    shown = connect("plan", url=NEW_URL).stdout
    assert "create    subscription" in shown and "deleted once the new one is active" in shown
    assert connect("apply", url=NEW_URL, answer="no\n").returncode == 2
    assert list(oci.subscriptions) == [old]
    oci.confirms_itself = False
    late = connect("apply", "--yes", "--wait", "0", url=NEW_URL)
    assert late.returncode == 3 and old in oci.subscriptions, late.stderr
    (new,) = oci.subscriptions.keys() - {old}
    oci.subscriptions[new]["lifecycleState"] = "ACTIVE"
    assert connect("apply", "--yes", url=NEW_URL).returncode == 0
    assert list(oci.subscriptions) == [new]


def test_a_subscription_of_somebody_else_is_kept(connect, oci):
    connect("apply", "--no-alarms")
    (topic,) = oci.topics
    region = oci.regions[""]
    mail = region.put(
        region.subscriptions,
        "onssubscription",
        topicId=topic,
        protocol="EMAIL",
        endpoint="me@example.com",
        compartmentId=COMPARTMENT,
    )
    assert connect.steps("apply", "--no-alarms", url=NEW_URL, answer="yes\n")[-1] == ("delete", "subscription")
    assert mail["id"] in oci.subscriptions and len(oci.subscriptions) == 2


def test_apply_waits_in_vain_if_nobody_confirms_and_shows_for_what(connect, oci):
    oci.confirms_itself = False
    run = connect("apply", "--wait", "1")
    assert run.returncode == 3
    assert "waiting up to 1 s for the plugin to confirm the subscription …" in run.stderr
    assert "check that OCI reaches the webhook URL" in run.stderr
    assert "still pending" in run.stderr and "Resend confirmation" in run.stderr


@pytest.mark.parametrize(("status", "code"), [(400, "InvalidParameter"), (404, "NotAuthorizedOrNotFound"), (409, "Conflict")])
def test_the_topic_stays_while_an_alarm_of_it_cannot_be_removed(connect, oci, status, code):
    connect("apply")
    (topic,), kept = oci.topics, alarm(oci)["id"]
    oci.refuse = lambda method, path: (status, code) if method == "DELETE" and kept in path else None
    run = connect("remove", "--yes")
    assert run.returncode == 1 and f"OCI refuses to delete the alarm {NAMES[0]}: {status} {code}" in run.stderr
    assert f"us-phoenix-1, {COMPARTMENT}, {kept}" in run.stderr
    assert f"deleted   alarm         {NAMES[0]}" not in run.stdout
    assert list(oci.alarms) == [kept] and list(oci.topics) == [topic] and len(oci.subscriptions) == 1
    oci.refuse = lambda _method, _path: None
    assert connect("remove", "--yes").returncode == 0
    assert not (oci.alarms or oci.topics or oci.subscriptions)


def test_an_alarm_that_somebody_deletes_meanwhile_is_removed_all_the_same(connect, oci):
    connect("apply")
    gone = alarm(oci)["id"]
    oci.on_request = lambda method, _path: oci.alarms.pop(gone, None) if method == "DELETE" else None
    assert connect("remove", "--yes").returncode == 0
    assert not oci.alarms and not oci.topics
