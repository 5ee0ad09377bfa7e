"""Reading a stranger's values by path: clean text, or a refusal that names the path and never the value."""

import pytest

from plugin.error import ERROR_FIELD
from plugin.ons import read

BODY = {
    "title": "  High CPU \n",
    "empty": None,
    "list": [{"status": "FIRING"}, None, 7],
    "object": {"inner": {"name": "x"}},
    "number": 85.5,
    "private": "private value",
}


def refused(call, *arguments, **more):
    with pytest.raises(ERROR_FIELD) as caught:
        call(*arguments, **more)
    assert "private value" not in caught.value.message
    return caught.value.message.removeprefix("The message cannot be read: ").partition(" expected")[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("title",), "High CPU"),
        (("empty",), ""),
        (("absent",), ""),
        (("absent", "deeper", 0), ""),
        (("empty", "deeper"), ""),
        (("list", 0, "status"), "FIRING"),
        (("list", 1, "status"), ""),
        (("list", 2), "7"),
        (("list", 3), ""),
        (("object", "inner", "name"), "x"),
        (("number",), "85.5"),
    ],
)
def test_the_text_at_a_path_is_read_and_what_is_absent_is_empty(path, text):
    assert read.text(BODY, *path) == text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("list",), "list: text"),
        (("object",), "object: text"),
        (("object", "inner"), "object.inner: text"),
        (("list", 0), "list[0]: text"),
        (("private", "deeper"), "private: an object"),
        (("private", 0), "private: a list"),
        (("object", 0), "object: a list"),
        (("list", "status"), "list: an object"),
        (("list", 2, "status"), "list[2]: an object"),
    ],
)
def test_what_is_of_another_type_is_refused_by_its_path(path, said):
    assert refused(read.text, BODY, *path) == said


def test_the_path_of_the_body_within_the_message_is_named_before_it():
    assert refused(read.text, BODY, "list", under=("alarmMetaData", 0)) == "alarmMetaData[0].list: text"
    assert refused(read.text, BODY, "private", "x", under=("a",)) == "a.private: an object"
    assert refused(read.text, BODY, "private", 0, under=("a",)) == "a.private: a list"
    assert refused(read.mapping, BODY, "list", under=("a",)) == "a.list: an object"
    assert refused(read.items, BODY, "object", under=("a",)) == "a.object: a list"


def test_an_object_is_read_and_an_absent_one_is_empty():
    assert read.mapping(BODY, "object") == BODY["object"]
    assert read.mapping(BODY) == BODY
    assert read.mapping(BODY, "empty") == read.mapping(BODY, "absent") == {}
    assert refused(read.mapping, BODY, "private") == "private: an object"


def test_a_list_is_read_and_an_absent_one_is_empty():
    assert read.items(BODY, "list") == BODY["list"]
    assert read.items(BODY, "empty") == read.items(BODY, "absent") == []
    assert refused(read.items, BODY, "private") == "private: a list"


def test_falsy_values_of_another_type_are_not_taken_as_absent():
    assert refused(read.mapping, {"a": ""}, "a") == "a: an object"
    assert refused(read.items, {"a": 0}, "a") == "a: a list"
    assert refused(read.items, {"a": {}}, "a") == "a: a list"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (False, "false"), (7.0, "7"), (7, "7"), (85.5, "85.5"), (" x ", "x"), ("", "")],
)
def test_a_single_value_is_written_as_json_writes_it(value, text):
    assert read.scalar_text(value, "a") == text
    assert read.text({"a": value}, "a") == text


def test_no_single_value_is_refused_by_its_path():
    assert refused(read.scalar_text, [], "a", 0, "b") == "a[0].b: text"


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
    assert read.text({"a": value}, "a") == clean


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), ""),
        (("a",), "a"),
        (("alarmMetaData", 0, "status"), "alarmMetaData[0].status"),
        (("a\nb", "k" * 50), "ab." + "k" * 40 + "…"),
    ],
)
def test_a_path_is_written_as_a_person_would(path, name):
    assert read.name(path) == name
