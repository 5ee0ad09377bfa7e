"""What tells one kind of message from another, and details of kinds that no captured message has."""

import pytest

from plugin.error import ERROR_UNKNOWN_KIND
from plugin.ons.kind.alarm.labels import label_streams
from plugin.ons.kind.alarm.streams import Stream
from plugin.ons.recognise import recognise
from plugin.ons.transform import transform
from plugin.setting.option import Options


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"dedupeKey": "k", "type": "RESET"}, "alarm"),
        ({"dedupekey": "k", "type": "RULE_CHANGE"}, "alarm"),
        ({"alarmMetaData": []}, "alarm"),
        ({"dedupeKey": "k", "type": "other", "title": "x"}, "notice"),
        ({"type": "RESET", "title": "x"}, "notice"),
        ({"alarmMetaData": {}, "title": "x"}, "alarm"),
        ({"alarmMetaData": "x", "title": "x"}, "notice"),
        ({"alarmId": None, "status": None}, "alarm_specification"),
        ({"eventType": "com.oraclecloud.computeapi.x", "cloudEventsVersion": "0.1"}, "oci_event"),
        ({"eventType": "com.oraclecloud.computeapi.x", "title": "x"}, "notice"),
        ({"cloudEventsVersion": "0.1", "title": "x"}, "notice"),
        ({"eventType": 7, "cloudEventsVersion": "0.1", "title": "x"}, "notice"),
        ({"referenceTicketNumber": "x"}, "announcement"),
        ({"logContent": {}}, "log_record"),
        ({"logContent": "x", "text": "y"}, "notice"),
    ],
)
def test_a_kind_is_recognised_by_all_that_it_needs(body, kind):
    assert recognise(body).kind.name == kind


@pytest.mark.parametrize("body", [{"dedupeKey": "k"}, {"type": "RESET"}, {"alarmId": "x"}, {"status": "x"}, {"title": " "}])
def test_half_of_what_a_kind_needs_is_no_kind(body):
    with pytest.raises(ERROR_UNKNOWN_KIND):
        recognise(body)


@pytest.mark.parametrize("background", ["region", "availabilityDomain", "faultDomain", "shape", "instancePoolId"])
def test_a_stream_without_a_name_is_not_called_by_where_it_runs(background):
    assert label_streams([Stream(dimensions={background: "x", "queue": "y"})]) == ["queue y"]
    assert label_streams([Stream(dimensions={background: "x"})]) == [""]


def test_a_log_record_without_a_message_is_its_data_in_the_order_of_names():
    events = [
        transform(recognise({"logContent": {"data": data}}), Options()) for data in ({"b": 1, "a": "x"}, {"a": "x", "b": 2})
    ]
    assert [line for line in events[0].description.splitlines() if line.startswith("- ")] == ["- a: x", "- b: 1"]
    assert "{" not in events[0].title
    assert events[0].event_key == events[1].event_key  # digits apart, it is the same line


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        ({"level": "WARN"}, "WARNING"),
        ({"log.level": "error"}, "ERROR"),
        ({"LogLevel": "Severe"}, "ERROR"),
        ({"severityText": "FATAL"}, "CRITICAL"),
        ({"priority": "P2"}, "ERROR"),
        ({"level": "17", "message": "WARN: 17"}, "WARNING"),
        ({"level": "info", "message": "ERROR in the text"}, "INFO"),
        ({"message": "no error here"}, "INFO"),
        ({"message": '{"lvl": "crit"}'}, "CRITICAL"),
        ({"kubernetes": {"labels": {"level": "error"}}}, "ERROR"),
        ({"response": {"status": "404"}, "level": "info"}, "WARNING"),
        ({"response": {"status": "4040"}}, "INFO"),
    ],
)
def test_a_log_record_has_its_level_in_any_spelling(data, severity):
    assert transform(recognise({"logContent": {"data": data}}), Options()).severity.value == severity


SECRET = "secret-value"


@pytest.mark.parametrize(
    "key", ["Authorization", "headers", "identity", "request", "api_token.token", "Set.Cookie", "password"]
)
def test_no_secret_of_a_log_record_is_shown(key):
    data = {key: SECRET, "inner": {key: SECRET, "deep": {"any": SECRET}}, "shown": "x", "lists": [{"a": SECRET}]}
    event = transform(recognise({"logContent": {"data": data}}), Options())
    assert SECRET not in str(event.to_dict())
    assert "- shown: x" in event.description
