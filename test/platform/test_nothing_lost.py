"""What arrives broken, unknown or in a batch, under SpaceONE's real monitoring service: it rings, and closes."""

import copy
import uuid

import pytest

from corpus.cases import CASES, FIXTURES, case_name, events, load
from own import own
from standin.relay_process import relay

FIRING = load(FIXTURES / "alarm/firing_compute.json")
RECOVERY = load(FIXTURES / "alarm/recovery_compute.json")
CLOUD_GUARD = load(FIXTURES / "cloud_guard/unknown_status_rings.json")
LOG_RECORD = load(FIXTURES / "log_record/custom.json")
NONSENSE = {
    "title": {"text": "x"},
    "body": ["x"],
    "severity": 7,
    "timestamp": {"at": "soon"},
    "notificationType": ["x"],
    "alarmMetaData/0/query": {"x": 1},
    "alarmMetaData/0/namespace": [],
    "alarmMetaData/0/dimensions": "x",
    "alarmMetaData/0/dimensions/0/resourceDisplayName": {"x": {"$x": 1}},
    "alarmMetaData/0/metricValues": [["x"], None, 7],
    "alarmMetaData/0/alarmUrl": {"href": "x"},
    "alarmMetaData/0/alarmSummary": 7.5,
}


def spoiled(message, path, nonsense):
    """Return a message of a unique alarm, with one bad value."""
    body = copy.deepcopy(message) | {"dedupeKey": uuid.uuid4().hex}
    *way, last = [int(step) if step.isdecimal() else step for step in path.split("/")]
    parent = body
    for step in way:
        parent = parent[step]
    assert last in parent
    parent[last] = nonsense
    return body


def states(platform):
    return [alert["state"] for alert in platform.alerts()]


@pytest.mark.parametrize(("path", "nonsense"), NONSENSE.items(), ids=NONSENSE)
def test_a_firing_with_a_broken_detail_is_one_triggered_alert(platform, path, nonsense):
    assert platform.post(body=spoiled(FIRING, path, nonsense)) == 200
    assert states(platform) == ["TRIGGERED"]


@pytest.mark.parametrize("path", ["title", "body", "alarmMetaData/0/query", "alarmMetaData/0/dimensions"])
def test_a_recovery_with_a_broken_detail_closes_its_alert_and_opens_none(platform, path):
    recovery = spoiled(RECOVERY, path, {"text": "x"})
    assert platform.post(body=FIRING | {"dedupeKey": recovery["dedupeKey"]}) == 200
    assert platform.post(body=recovery) == 200
    assert states(platform) == ["RESOLVED"]


def problem(status):
    """Return a unique Cloud Guard problem with a status."""
    body = copy.deepcopy(CLOUD_GUARD)
    body["data"]["additionalDetails"]["status"] = status
    return body


def test_a_cloud_guard_problem_of_unknown_status_rings_and_resolved_closes(platform):
    CLOUD_GUARD["data"]["resourceId"] = f"ocid1.cloudguardproblem.oc1.iad.{uuid.uuid4().hex}"
    assert platform.post(body=problem("SNOOZED")) == 200
    assert states(platform) == ["TRIGGERED"]
    assert platform.post(body=problem("REOPENED")) == 200
    assert states(platform) == ["TRIGGERED"]
    resolved = problem("RESOLVED") | {"eventTime": "2021-08-28T17:00:00Z"}
    assert platform.post(body=resolved) == 200
    assert states(platform) == ["RESOLVED"]


def log_line(text):
    return LOG_RECORD | {"data": {"message": text, "level": "ERROR"}, "id": uuid.uuid4().hex}


def test_a_batch_through_the_relay_is_an_alert_a_record(platform, tmp_path):
    firing = FIRING | {"dedupeKey": uuid.uuid4().hex}
    batch = [firing, log_line("Disk 1 is full"), {"foreign": 1}, log_line("Login failed"), {"alarmMetaData": [{}]}, "text"]
    with relay(platform.url, tmp_path / "log") as endpoint:
        assert endpoint.post(batch)[0] == 200
        assert sorted((alert["title"], alert["state"], alert["urgency"]) for alert in platform.alerts()) == [
            ("High CPU Usage Alert (web-server-01)", "TRIGGERED", "HIGH"),
            ("Log: Disk 1 is full (web-server-01)", "TRIGGERED", "HIGH"),
            ("Log: Login failed (web-server-01)", "TRIGGERED", "HIGH"),
            ("OCI batch: 3 of 6 records could not be read", "TRIGGERED", "LOW"),
        ]
        assert endpoint.post([RECOVERY | {"dedupeKey": firing["dedupeKey"]}, log_line("Disk 27 is full")])[0] == 200
        assert len(platform.alerts()) == 4
        assert states(platform).count("RESOLVED") == 1
        assert endpoint.post([{"foreign": 1}])[0] == 200
        assert states(platform).count("ERROR") == 0


def test_the_same_log_line_with_other_digits_joins_its_alert(platform):
    for number in range(20):
        assert platform.post(body=log_line(f"Disk {number} is {number * 7} % full")) == 200
    assert states(platform) == ["TRIGGERED"]
    assert len(platform.events()) == 20


def test_korean_is_what_a_person_reads_in_the_alert(platform):
    platform.webhook(options={"language": "ko"})
    key = {"dedupeKey": uuid.uuid4().hex}
    assert platform.post(body=FIRING | key) == 200
    (alert,) = platform.alerts()
    assert "\n조건: CpuUtilization[1m].mean() > 80" in alert["description"]
    assert "\n리전: ap-seoul-1" in alert["description"]
    assert platform.post(body=RECOVERY | key) == 200
    (alert,) = platform.alerts()
    assert alert["description"].startswith("복구됨: High CPU Usage Alert")
    assert alert["state"] == "RESOLVED"


STORED = [path for path in CASES if path.parent.name not in ("confirmation", "refused")]


@pytest.mark.slow
def test_every_answer_can_be_stored(platform):
    """HTTP 500 would make ONS try again for two hours."""
    statuses, alerts = {}, []
    without_options = platform.url
    for path in STORED:
        case, expected = own(path)
        if case.options:
            platform.webhook(options=case.options)
        statuses[case_name(path)] = platform.post(body=case.data, **({} if case.options else {"url": without_options}))
        alerts += [event["title"] for event in events(expected) if event["event_type"] == "ALERT"]
    assert {name: status for name, status in statuses.items() if status != 200} == {}
    assert "ERROR" not in states(platform)
    assert [event["title"] for event in platform.events() if event["event_type"] == "ALERT"] == alerts
