"""What the platform can store: each limit of an event, at its very boundary."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from plugin.model.event import (
    Event,
    EventType,
    Ignored,
    IgnoredReason,
    Resource,
    Severity,
    iso8601,
    shorten,
    snake_case,
    stored_key,
)

AT = datetime(2024, 1, 15, 10, 30, 0, 123999, tzinfo=UTC)


def event(**changes):
    given = {
        "event_key": "key",
        "event_type": EventType.ALERT,
        "title": "Title",
        "description": "Description",
        "severity": Severity.CRITICAL,
        "provider": "oci",
    }
    return Event(**{**given, **changes}).to_dict()


def test_an_event_without_more_has_each_field_and_no_time():
    assert event() == {
        "event_key": "key",
        "event_type": "ALERT",
        "title": "Title",
        "description": "Description",
        "severity": "CRITICAL",
        "resource": {},
        "rule": "",
        "additional_info": {},
        "provider": "oci",
        "account": "",
        "resources": [],
    }


def test_an_event_with_all_has_all():
    full = event(
        event_type=EventType.RECOVERY,
        severity=Severity.INFO,
        resource=Resource("ocid1.instance.oc1.iad.a", "web-1"),
        resources=("web-2", "web-3"),
        rule="CpuUtilization[1m].mean() > 80",
        account="ocid1.tenancy.oc1..a",
        occurred_at=AT,
        additional_info={"alarmId": "x", "none": ""},
    )
    assert full["resource"] == {
        "resource_id": "ocid1.instance.oc1.iad.a",
        "name": "web-1",
        "resource_type": "inventory.CloudService",
    }
    assert full["event_type"] == "RECOVERY" and full["severity"] == "INFO"
    assert full["resources"] == ["web-2", "web-3"]
    assert full["rule"] == "CpuUtilization[1m].mean() > 80"
    assert full["account"] == "ocid1.tenancy.oc1..a"
    assert full["occurred_at"] == "2024-01-15T10:30:00.123Z"
    assert full["additional_info"] == {"alarm_id": "x"}


def test_a_key_over_255_characters_becomes_its_sha_256():
    assert event(event_key="k" * 255)["event_key"] == "k" * 255
    assert event(event_key="키" * 256)["event_key"] == hashlib.sha256(("키" * 256).encode()).hexdigest()


@pytest.mark.parametrize(("field", "limit"), [("title", 200), ("description", 4000), ("rule", 1000), ("account", 255)])
def test_a_text_is_cut_at_its_limit_with_an_ellipsis(field, limit):
    assert event(**{field: "x" * limit})[field] == "x" * limit
    assert event(**{field: "x" * (limit + 1)})[field] == "x" * (limit - 1) + "…"


def test_a_title_is_one_line():
    assert event(title=" a\n b\t\tc ")["title"] == "a b c"


def test_a_description_keeps_its_lines():
    assert event(description="a\n  b")["description"] == "a\n  b"


def test_name_and_id_of_a_resource_are_cut_at_255_characters():
    long, cut = "x" * 256, "x" * 254 + "…"
    stored = event(resource=Resource(long, long), resources=(long, "x" * 255))
    assert stored["resource"]["resource_id"] == stored["resource"]["name"] == cut
    assert stored["resources"] == [cut, "x" * 255]
    assert event(resource=Resource("x" * 255, "x" * 255))["resource"]["name"] == "x" * 255


def test_at_most_1000_resources_are_stored():
    names = tuple(map(str, range(1001)))
    assert event(resources=names[:1000])["resources"] == list(names[:1000])
    assert event(resources=names)["resources"] == list(names[:1000])


def test_at_most_64_additional_values_are_stored_the_first_of_them():
    info = {f"k{number}": "x" for number in range(65)}
    assert len(event(additional_info=dict(list(info.items())[:64]))["additional_info"]) == 64
    stored = event(additional_info=info)["additional_info"]
    assert list(stored) == [f"k{number}" for number in range(64)]


def test_an_additional_value_is_cut_at_1000_characters():
    stored = event(additional_info={"a": "x" * 1000, "b": "x" * 1001})["additional_info"]
    assert stored == {"a": "x" * 1000, "b": "x" * 999 + "…"}


def test_an_additional_key_is_cut_at_100_characters():
    stored = event(additional_info={"a" * 100: "x", "b" * 101: "y"})["additional_info"]
    assert stored == {"a" * 100: "x", "b" * 100: "y"}


def test_an_additional_key_without_a_letter_is_left_out():
    assert event(additional_info={"$": "x", "..": "y", "": "z", "a": "b"})["additional_info"] == {"a": "b"}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("resourceDisplayName", "resource_display_name"),
        ("resourceID", "resource_id"),
        ("OCIDOfVCN", "ocid_of_vcn"),
        ("HTTPCode2xx", "http_code2xx"),
        ("a.b$c d-e", "a_b_c_d_e"),
        ("__a__b__", "a_b"),
        ("dim_lbName", "dim_lb_name"),
        ("한글 키", "한글_키"),
        ("$.", ""),
    ],
)
def test_a_name_of_oracles_is_written_in_snake_case(name, written):
    assert snake_case(name) == written


def test_a_text_is_cut_before_the_space_at_its_end():
    assert shorten("abc def", 7) == "abc def"
    assert shorten("abc def", 6) == "abc d…"
    assert shorten("abc def", 5) == "abc…"
    assert shorten("abc def", 1) == "…"


@pytest.mark.parametrize("limit", [0, -1, -100])
def test_where_there_is_no_room_a_text_is_left_out(limit):
    assert shorten("abc def", limit) == ""


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (AT, "2024-01-15T10:30:00.123Z"),
        (AT.replace(microsecond=0), "2024-01-15T10:30:00.000Z"),
        (AT.astimezone(timezone(timedelta(hours=9))), "2024-01-15T10:30:00.123Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds(instant, written):
    assert iso8601(instant) == written


def test_the_words_of_the_plugin_are_a_closed_list():
    assert [each.value for each in EventType] == ["ALERT", "RECOVERY"]
    assert [each.value for each in Severity] == ["CRITICAL", "ERROR", "WARNING", "INFO"]
    assert [each.value for each in IgnoredReason] == [
        "no_state_change",
        "metric_data",
        "oci_events_ignored",
        "older_than_recovery",
        "older_than_alert",
    ]


def test_what_could_not_be_read_is_named_before_all_other_information():
    info = {f"k{number}": "x" for number in range(64)}
    stored = event(unreadable=("a[0].b", "c"), additional_info=info)["additional_info"]
    assert stored["unreadable"] == "a[0].b, c"
    assert len(stored) == 64
    assert "unreadable" not in event(additional_info=info)["additional_info"]


def test_whether_a_key_is_a_hash_is_not_stored():
    assert event(key_is_hash=True) == event()


def test_a_key_is_stored_as_it_is_or_hashed():
    assert stored_key("k" * 255) == "k" * 255
    assert stored_key("k" * 256) == hashlib.sha256(b"k" * 256).hexdigest()


def test_a_description_or_title_is_never_empty():
    assert (event(title=" \n", description="")["title"], event(description="")["description"]) == ("OCI", "OCI")


def test_events_and_outcomes_cannot_be_changed():
    with pytest.raises(AttributeError):
        Ignored(IgnoredReason.NO_STATE_CHANGE).reason = None
    with pytest.raises(AttributeError):
        Resource("a", "b").name = "c"
