"""attach and detach: alarms that are there notify the topic, and get back what they were."""

import copy

import pytest

STREAM = "ocid1.stream.oc1.phx.theirs"
REPEAT = "repeatNotificationDuration"


@pytest.fixture
def topic(connect, oci):
    """Our topic, with an active subscription and without alarms."""
    oci.page_size = 10
    assert connect("apply", "--no-alarms").returncode == 0
    return next(iter(oci.topics))


@pytest.fixture
def alarms(oci, topic):
    """Four existing alarms by name, and their topic."""
    theirs = oci.hold_topic("ops-mail")["id"]
    held = [
        oci.hold_alarm("web cpu", destinations=[STREAM], freeformTags={"team": "web"}, **{REPEAT: "PT4H"}),
        oci.hold_alarm("web disk", destinations=[STREAM], freeformTags={}),
        oci.hold_alarm("db sessions", destinations=[theirs], freeformTags={}, **{REPEAT: "PT1M"}),
        oci.hold_alarm("db storage", destinations=[theirs, STREAM], freeformTags={}, messageFormat="ONS_OPTIMIZED"),
    ]
    return {each["displayName"]: each for each in held}


def without_etags(alarms):
    return [{name: value for name, value in each.items() if name != "etag"} for each in copy.deepcopy(list(alarms.values()))]


def test_plan_attach_shows_each_alarm_and_changes_nothing(connect, oci, topic, alarms):
    before = without_etags(oci.alarms)
    shown = connect("plan attach").stdout
    print(shown)
    assert f"destinations: {STREAM} -> {STREAM}, {topic}" in shown
    assert f"{REPEAT}: PT4H -> PT5M" in shown and f"{REPEAT}: none -> PT5M" in shown
    assert "OCI takes one topic on an alarm" in shown
    assert (
        f"full      alarm         2 with the topic {alarms['db sessions']['destinations'][0]}: db sessions, db storage" in shown
    )
    assert "4 alarms: 2 to attach, 2 full" in shown
    assert connect("attach", "--dry-run").stdout in shown
    assert without_etags(oci.alarms) == before


def test_attach_asks_and_detach_puts_back_exactly_what_was(connect, oci, topic, alarms):
    before = without_etags(oci.alarms)
    assert connect("attach", "--their-topics", answer="no\n").returncode == 2
    assert without_etags(oci.alarms) == before
    done = connect("attach", "--their-topics", answer="yes\n")
    print(done.stdout)
    assert done.returncode == 0
    assert [each["destinations"] for each in oci.alarms.values()][:2] == [[STREAM, topic]] * 2
    assert [each[REPEAT] for each in oci.alarms.values()] == ["PT5M", "PT5M", "PT1M", "PT5M"]
    assert len(oci.subscriptions) == 2
    assert {step["action"] for step in connect.result("attach", "--their-topics", "--yes")["steps"]} == {"keep"}
    undone = connect("detach", "--yes")
    print(undone.stdout)
    assert undone.returncode == 0
    assert without_etags(oci.alarms) == before and len(oci.subscriptions) == 1
    assert "No such alarm is attached" in connect("detach", "--yes").stdout


def test_a_pattern_chooses_alarms_by_name(connect, oci, topic, alarms):
    assert connect("attach", "--alarm", "WEB *", "--yes").returncode == 0
    assert [topic in each["destinations"] for each in oci.alarms.values()] == [True, True, False, False]
    connect("detach", "--alarm", "*disk", "--yes")
    assert [topic in each["destinations"] for each in oci.alarms.values()] == [True, False, False, False]
    assert "There is no such alarm" in connect("attach", "--alarm", "nothing", "--yes").stdout


def test_a_subscription_to_their_topic_stays_while_an_alarm_needs_it(connect, oci, topic, alarms):
    connect("attach", "--their-topics", "--yes")
    connect("detach", "--alarm", "db sessions", "--yes")
    assert len(oci.subscriptions) == 2
    connect("detach", "--alarm", "db storage", "--yes")
    assert len(oci.subscriptions) == 1


def test_a_change_by_hand_after_attach_is_told_and_not_overwritten_by_detach(connect, oci, topic, alarms):
    connect("attach", "--yes")
    oci.alarms[alarms["web cpu"]["id"]] |= {REPEAT: "PT30M", "etag": "x-7"}
    run = connect("detach", "--yes")
    assert run.returncode == 0 and "was changed by hand after attach, to PT30M" in run.stdout and "PT4H" in run.stdout
    assert oci.alarms[alarms["web cpu"]["id"]][REPEAT] == "PT30M"
    assert oci.alarms[alarms["web cpu"]["id"]]["destinations"] == [STREAM]


@pytest.mark.parametrize("command", ["attach", "detach"])
def test_an_alarm_that_its_team_changes_meanwhile_is_read_and_decided_again(connect, oci, topic, alarms, command):
    if command == "detach":
        connect("attach", "--yes")
    ours, other = alarms["web cpu"]["id"], "ocid1.stream.oc1.phx.other"
    touched = []

    def interfere(method, path):
        if method == "PUT" and ours in path and not touched:
            touched.append(path)
            kept = [each for each in oci.alarms[ours]["destinations"] if each == topic]
            oci.alarms[ours] |= {"destinations": [other, *kept], "severity": "INFO", "etag": "x-7"}

    oci.on_request = interfere
    assert connect(command, "--yes").returncode == 0
    assert touched and oci.alarms[ours]["severity"] == "INFO"
    assert oci.alarms[ours]["destinations"] == ([other, topic] if command == "attach" else [other])


def test_an_alarm_that_gets_a_topic_meanwhile_is_left_as_it_is(connect, oci, topic, alarms):
    ours, theirs = alarms["web cpu"]["id"], alarms["db storage"]["destinations"][0]

    def interfere(method, path):
        if method == "PUT" and ours in path and theirs not in oci.alarms[ours]["destinations"]:
            oci.alarms[ours] |= {"destinations": [theirs], "etag": "x-7"}

    oci.on_request = interfere
    run = connect.result("attach", "--yes")
    assert [step["action"] for step in run["steps"] if step["name"] == "web cpu"] == ["full"]
    assert oci.alarms[ours]["destinations"] == [theirs] and REPEAT in oci.alarms[ours]


@pytest.mark.parametrize("command", ["attach", "detach"])
def test_a_change_whose_answer_is_lost_is_found_done(connect, oci, topic, alarms, command):
    before = without_etags(oci.alarms)
    if command == "detach":
        connect("attach", "--yes")
    oci.lose_change = len(oci.changes) + 1
    run = connect(command, "--yes")
    assert run.returncode == 0 and "OCI did not answer: waiting before attempt 2 of 5" in run.stderr
    assert (topic in oci.alarms[alarms["web cpu"]["id"]]["destinations"]) is (command == "attach")
    assert (without_etags(oci.alarms) == before) is (command == "detach")


def test_an_alarm_that_is_deleted_meanwhile_costs_no_other(connect, oci, topic, alarms):
    gone = alarms["web cpu"]["id"]
    oci.on_request = lambda method, path: oci.alarms.pop(gone, None) if method == "PUT" else None
    run = connect("attach", "--yes")
    assert run.returncode == 1 and "OCI refuses to attach the alarm web cpu: 404" in run.stderr
    assert topic in oci.alarms[alarms["web disk"]["id"]]["destinations"]


def test_an_interval_that_oci_does_not_clear_is_told(connect, oci, topic, alarms):
    connect("attach", "--yes")
    oci.keeps = (REPEAT,)
    run = connect("detach", "--yes")
    assert run.returncode == 0
    assert "web disk: OCI keeps the repeat interval PT5M: switch it off in the console; its tag keeps what was." in run.stderr
    kept = oci.alarms[alarms["web disk"]["id"]]
    assert any(key.startswith("oci-connect-attached-") for key in kept["freeformTags"])
    del kept[REPEAT]
    assert connect("detach", "--yes").returncode == 0 and kept["freeformTags"] == {}


def test_remove_detaches_before_it_deletes_the_topic(connect, oci, topic, alarms):
    before = without_etags(oci.alarms)
    connect("attach", "--their-topics", "--yes")
    assert connect("remove", "--yes").returncode == 0
    assert without_etags(oci.alarms) == before
    assert not oci.subscriptions and topic not in oci.topics


def test_attach_needs_a_topic(connect, oci):
    run = connect("attach")
    assert run.returncode == 1 and "run apply first (with --no-alarms" in run.stderr


def test_alarms_of_one_name_are_attached_and_detached_each(connect, oci, topic):
    held = [oci.hold_alarm("cpu", destinations=[STREAM], **{REPEAT: repeat}) for repeat in ("PT1H", "PT2H", "PT1M")]
    assert connect("attach", "--yes").returncode == 0
    assert [oci.alarms[each["id"]][REPEAT] for each in held] == ["PT5M", "PT5M", "PT1M"]
    assert all(topic in oci.alarms[each["id"]]["destinations"] for each in held)
    assert connect("detach", "--yes").returncode == 0
    assert [oci.alarms[each["id"]][REPEAT] for each in held] == ["PT1H", "PT2H", "PT1M"]


@pytest.mark.parametrize("command", ["attach", "detach"])
@pytest.mark.parametrize("number", [1, 3, 6])
def test_half_done_attaching_is_resumed_by_the_same_command(connect, oci, topic, alarms, command, number):
    before = without_etags(oci.alarms)
    if command == "detach":
        connect("attach", "--their-topics", "--yes")
    oci.fail_change = len(oci.changes) + number
    words = (command, "--yes", *(["--their-topics"] if command == "attach" else []))
    assert connect(*words).returncode == 1
    assert connect(*words).returncode == 0
    attached = without_etags(oci.alarms)
    assert [each.get(REPEAT) for each in attached] == ["PT5M", "PT5M", "PT1M", "PT5M"] or command == "detach"
    assert connect("detach", "--yes").returncode == 0
    assert without_etags(oci.alarms) == before and len(oci.subscriptions) == 1


def test_attach_warns_of_a_subscription_that_is_not_active(connect, oci, topic, alarms):
    next(iter(oci.subscriptions.values()))["lifecycleState"] = "PENDING"
    assert "no active subscription" in connect("plan attach").stderr


def test_remove_tells_of_alarms_that_notify_the_topic_by_hand(connect, oci, topic):
    oci.hold_alarm("mine", destinations=[topic])
    run = connect("remove", "--yes")
    assert run.returncode == 0 and "mine: somebody set the topic as its destination by hand" in run.stderr


def test_a_new_webhook_url_replaces_the_subscriptions_to_their_topics_too(connect, oci, topic, alarms):
    connect("attach", "--their-topics", "--yes")
    new = "https://spaceone.example.com/monitoring/v1/webhook/webhook-2/SECRETaccessKey/events"
    assert "to their topic" in connect("plan", "--no-alarms", url=new).stdout
    assert connect("apply", "--no-alarms", "--yes", url=new).returncode == 0
    theirs = alarms["db storage"]["destinations"][0]
    assert {(each["topicId"], each["endpoint"]) for each in oci.subscriptions.values()} == {(topic, new), (theirs, new)}
    assert {action for action, _ in connect.steps("apply", "--no-alarms", url=new)} == {"keep", "active"}
