"""A decoration never costs an alarm: of a message only key and state may be unreadable to have it refused."""

import copy

import pytest

from corpus.cases import CASES, Case, answer, case_name, events, load_case
from corpus.spoil import places

NONSENSE = ({"secret-value": 1}, ["secret-value"], "", None, 7, "\ud800")
IDENTITY = {  # the paths of a kind's key and state; under each of them everything may matter
    "alarm": {("dedupeKey",), ("dedupekey",), ("type",), ("alarmMetaData", 0, "status"), ("alarmMetaData", 0, "id")},
    "alarm_specification": {("alarmId",), ("status",)},
    "cloud_guard": {("eventType",), ("data", "resourceId"), ("data", "additionalDetails", "status")},
    "budget": {
        ("eventType",),
        ("data", "additionalDetails", "budgetId"),
        ("data", "additionalDetails", "alertRuleId"),
        ("data", "additionalDetails", "triggeredAlertType"),
        ("data", "stateChange", "current", "triggeredAlertType"),
    },
    "oci_event": {  # of a pair its resource, its own name and its state
        ("eventType",),
        ("eventID",),
        ("cloudEventsVersion",),
        ("data", "resourceId"),
        ("data", "eventName"),
        ("data", "lifecycleState"),
        ("data", "additionalDetails", "eventName"),
        ("data", "additionalDetails", "lifecycleState"),
        ("data", "additionalDetails", "id"),
        ("data", "stateChange", "current", "lifecycleState"),
    },
}


def is_plain(path):
    """Say whether a case is a message of its own, with a key that is not made of its details, in one alert an alarm."""
    case = load_case(path)
    keyed = {"alarm": "dedupeKey", "oci_event": "eventID"}.get(path.parent.name)
    wrapped = case.data.get("type") == "Notification" or "headers" in case.data or isinstance(case.data.get("message"), dict)
    return not wrapped and (keyed is None or keyed in case.data) and len(events(answer(case))) == 1


PLAIN = [path for path in CASES if path.parent.name in IDENTITY and "hundred" not in path.stem and is_plain(path)]


def spoiled(case, path, nonsense):
    body = copy.deepcopy(case.data)
    *way, last = path
    parent = body
    for step in way:
        parent = parent[step]
    parent[last] = nonsense
    return Case(body, case.options, case.now)


def matters(kind, path):
    """Say whether key or state stand at a path, below it or above it."""
    return any(path[: len(each)] == each or each[: len(path)] == path for each in IDENTITY[kind])


@pytest.mark.exhaustive
@pytest.mark.parametrize("case_file", PLAIN, ids=case_name)
def test_a_broken_detail_leaves_key_and_state_as_they_are(case_file):
    case, kind = load_case(case_file), case_file.parent.name
    expected = [(event["event_key"], event["event_type"]) for event in events(answer(case))]
    paths = [path for path in places(case.data) if not matters(kind, path)]
    for number, path in enumerate(paths, len(paths)):  # a place of many messages meets every nonsense
        nonsense = NONSENSE[number % len(NONSENSE)]
        after = events(answer(spoiled(case, path, nonsense)))
        assert [(event["event_key"], event["event_type"]) for event in after] == expected, (path, nonsense)
        assert "secret-value" not in str([event["additional_info"].get("unreadable") for event in after])


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (("title",), "title"),
        (("body",), "body"),
        (("severity",), "severity"),
        (("alarmMetaData", 0, "query"), "alarmMetaData[0].query"),
        (("alarmMetaData", 0, "dimensions"), "alarmMetaData[0].dimensions"),
        (("alarmMetaData", 0, "dimensions", 0, "shape"), "alarmMetaData[0].dimensions[0].shape"),
        (("alarmMetaData", 0, "metricValues"), "alarmMetaData[0].metricValues"),
    ],
)
def test_what_is_left_out_is_named_by_its_path(path, named):
    case = load_case(next(each for each in CASES if case_name(each) == "alarm/firing_compute"))
    (event,) = events(answer(spoiled(case, path, [["secret-value"]])))
    assert event["additional_info"]["unreadable"].startswith(named)


def test_at_most_five_paths_are_named():
    case = load_case(next(each for each in CASES if case_name(each) == "alarm/firing_compute"))
    body = copy.deepcopy(case.data)
    body["alarmMetaData"][0]["dimensions"] = [{f"d{i}": ["x"] for i in range(20)}]
    (event,) = events(answer(Case(body)))
    assert event["additional_info"]["unreadable"].count(",") == 4
