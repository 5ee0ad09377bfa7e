"""Reading a stranger's values: clean text, and a note of the path of what cannot be read, never of its value."""

import pytest

from plugin.ons import read
from plugin.ons.read import Reader

BODY = {
    "title": "  High CPU \n",
    "empty": None,
    "blank": " \x00",
    "list": [{"status": "FIRING"}, None, 7],
    "object": {"inner": {"name": "x", "bad": []}},
    "number": 85.5,
    "private": "private value",
    "nothing": {},
}
SINGLE = [(None, ""), (True, "true"), (False, "false"), (7.0, "7"), (7, "7"), (0, "0"), (85.5, "85.5"), (" x ", "x"), ("", "")]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("title",), "High CPU"),
        (("empty",), ""),
        (("absent",), ""),
        (("blank",), ""),
        (("number",), "85.5"),
        (("absent", "empty", "blank", "title", "private"), "High CPU"),
        (("list", "title"), "High CPU"),
        ((), ""),
    ],
)
def test_the_text_of_the_first_field_that_has_one_is_read(keys, text):
    assert Reader(BODY).text(*keys) == text


@pytest.mark.parametrize(("value", "text"), SINGLE)
def test_a_single_value_is_written_as_json_writes_it(value, text):
    reader = Reader({"a": value})
    assert reader.text("a") == read.text({"a": value}, "a") == read.scalar_text(value) == reader.scalar(value, "a") == text
    assert reader.unreadable == []


@pytest.mark.parametrize("value", [{}, [], {"a": 1}, ["a"]])
def test_what_is_no_single_value_is_empty_and_noted(value):
    reader = Reader({"a": value})
    assert reader.text("a") == reader.scalar(value, "b") == read.text({"a": value}, "a") == ""
    assert read.scalar_text(value) is None
    assert reader.unreadable == ["a", "b"]


def test_a_field_that_is_absent_reads_as_empty_text():
    assert read.text({}, "a") == ""


def test_what_is_absent_or_null_is_empty_and_not_noted():
    reader = Reader({"a": None})
    for key in ("a", "b"):
        assert reader.object(key).body == {}
        assert reader.objects(key) == []
        assert reader.items(key) == []
    assert reader.unreadable == []


def test_an_object_is_read_by_a_reader_that_notes_its_path():
    reader = Reader(BODY)
    inner = reader.object("object").object("inner")
    assert inner.text("name") == "x"
    assert inner.text("bad") == inner.object("bad").text("x") == ""
    assert reader.unreadable == ["object.inner.bad"]


def test_the_objects_of_a_list_are_read_each_with_its_place():
    reader = Reader(BODY)
    first, second, third = reader.objects("list")
    assert (first.text("status"), second.body, third.body) == ("FIRING", {}, {})
    assert reader.unreadable == ["list[2]"]
    assert reader.objects("object")[0].body == BODY["object"]
    assert first.object("status").body == {}
    assert reader.unreadable == ["list[2]", "list[0].status"]


@pytest.mark.parametrize("value", ["", "x", 0, 7, True, False])
def test_what_is_no_object_or_list_is_empty_and_noted(value):
    reader = Reader({"a": value, "b": value, "c": value})
    assert (reader.object("a").body, reader.objects("b"), reader.items("c")) == ({}, [], [])
    assert reader.unreadable == ["a", "b", "c"]


def test_a_list_is_no_object_and_an_object_alone_a_list_of_one():
    reader = Reader({"a": [], "b": {}})
    assert (reader.object("a").body, reader.items("b")) == ({}, [{}])
    assert reader.unreadable == ["a"]
    assert Reader({"b": {}}).objects("b")[0].body == {}


def test_a_list_is_read_as_it_is():
    assert Reader(BODY).items("list") is BODY["list"]


def test_all_texts_are_read_in_the_order_of_their_names():
    reader = Reader({"b": 7, "a\x00": " x ", "c": None, "d": "", "e": ["private"]})
    assert list(reader.texts().items()) == [("a", "x"), ("b", "7")]
    assert reader.unreadable == ["e"]


def test_a_path_is_noted_once_and_at_most_five_are():
    reader = Reader({f"k{number}": [] for number in range(9)})
    for _ in range(2):
        for number in range(9):
            reader.text(f"k{number}")
    assert reader.unreadable == [f"k{number}" for number in range(5)]


def test_all_readers_of_a_message_share_the_five():
    reader = Reader({"a": [{"x": []} for _ in range(9)], "b": []})
    for each in reader.objects("a"):
        each.text("x")
    reader.text("b")
    assert reader.unreadable == [f"a[{number}].x" for number in range(5)]


def test_two_messages_share_no_notes():
    Reader({"a": []}).text("a")
    assert Reader({}).unreadable == []


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("a\n\x1b", "a"),
        ("k" * 40, "k" * 40),
        ("k" * 41, "k" * 40 + "…"),
        ("k" * 1000, "k" * 40 + "…"),
        ("a[b]", "a[b]"),
        ("a[" + "k" * 1000, "a[" + "k" * 40 + "…"),
        ("[", "["),
    ],
)
def test_a_strangers_key_is_noted_printable_and_short(key, shown):
    reader = Reader({key: {key: []}})
    reader.object(key).text(key)
    assert reader.unreadable == [f"{shown}.{shown}"]


def test_a_long_key_of_a_list_keeps_its_places():
    reader = Reader({"k" * 50: [{"a": []}, {"a": {}}]})
    for each in reader.objects("k" * 50):
        each.text("a")
    assert reader.unreadable == ["k" * 40 + "…[0].a", "k" * 40 + "…[1].a"]


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x00a\x08b\x0bc\x0dd\x1fe", "abcde"),
        ("a\x7fb\x80c\x9fd", "abcd"),
        ("a\xa0b", "a\xa0b"),
        ("a\ud800b\udfffc", "abc"),
        ("\ud7ff\ue000", "\ud7ff\ue000"),
        (" 한글 🔥 ", "한글 🔥"),
        (" \x00 ", ""),
    ],
)
def test_text_is_rid_of_what_no_database_or_terminal_wants(value, clean):
    assert read.clean(value) == clean
    assert read.text({"a": value}, "a") == Reader({"a": value}).text("a") == clean


HOST = "https://objectstorage.ap-seoul-1.oraclecloud.com"


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        (f"see {HOST}/p/TOKEN/n/ns/b/x/o/report.zip now", f"see {HOST}/ now"),
        (f"{HOST}/p/TOKEN", f"{HOST}/"),
        ("/p/TOKEN/n/ns/b/x/o/", "/"),
        (f"{HOST}/p/a/n/b {HOST}/p/c/n/d", f"{HOST}/ {HOST}/"),
        (
            "https://wiki.example.com/p/what-to-do-when-the-disk-is-full",
            "https://wiki.example.com/p/what-to-do-when-the-disk-is-full",
        ),
        (f"{HOST}/n/ns/b/x/o/p/report.zip", f"{HOST}/n/ns/b/x/o/p/report.zip"),
    ],
)
def test_a_pre_authenticated_link_is_cut_wherever_it_is_read(value, clean):
    assert read.clean(value) == clean
    assert read.text({"a": value}, "a") == Reader({"a": value}).text("a") == clean
    assert read.nested_text([{"a": value}]) == f"a: {clean}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["a", 7.0, None, ["b", "c"]], "a, 7, b, c"),
        ({"port": 22, "open": True, "none": None}, "open: true, port: 22"),
        ([{"key": "k", "value": ["v", "w"]}], "key: k, value: v, w"),
        ([[[["too deep"]]]], ""),
        (list(range(30)), ", ".join(map(str, range(20)))),
        ("plain", "plain"),
        (None, ""),
    ],
)
def test_a_nested_value_is_one_text_and_bounded(value, text):
    assert read.nested_text(value) == text


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ('{"a": 1}', {"a": 1}),
        (' {"a": {"b": 1}} ', {"a": {"b": 1}}),
        ("{app} has failed", {}),
        ("[1]", {}),
        ('{"a":' * 100_000, {}),
        (None, {}),
        (7, {}),
    ],
)
def test_a_text_may_hold_an_object(value, content):
    assert read.json_object(value) == content
