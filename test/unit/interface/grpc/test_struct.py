"""A protobuf Struct as plain values, and back; through real bytes, as it arrives."""

import time

import pytest
from google.protobuf.struct_pb2 import Struct
from spaceone.api.monitoring.plugin import event_pb2

from plugin.error import ERROR_TOO_LARGE
from plugin.interface.grpc import struct
from wire import field

CONTENT = {
    "text": "한글 🔥",
    "empty": "",
    "whole": 7,
    "zero": 0,
    "negative": -1,
    "fraction": 85.5,
    "true": True,
    "false": False,
    "null": None,
    "object": {"a": {"b": ["c", "", {"d": 1}]}, "none": {}},
    "list": ["a", "", 1, 1.5, True, False, None, [], {}, [[2]]],
}


def arrived(content):
    sent = Struct()
    sent.update(content)
    return Struct.FromString(sent.SerializeToString())


def test_each_value_comes_out_as_it_went_in_and_of_its_type():
    read = struct.to_dict(arrived(CONTENT))
    assert read == CONTENT
    assert [type(value) for value in read["list"]] == [type(value) for value in CONTENT["list"]]
    assert type(read["whole"]) is int and type(read["fraction"]) is float
    assert read["true"] is True and read["false"] is False


def test_a_value_of_no_kind_is_null():
    sent = Struct()
    sent.fields["a"].SetInParent()
    assert struct.to_dict(sent) == {"a": None}


def test_an_object_of_texts_is_filled_in():
    event = event_pb2.EventInfo()
    struct.fill(event.additional_info, {"a": "x", "b": ""})
    assert struct.to_dict(event.additional_info) == {"a": "x", "b": ""}
    assert event.HasField("additional_info")


def test_an_empty_object_is_present():
    event = event_pb2.EventInfo()
    assert not event.HasField("resource")
    struct.fill(event.resource, {})
    assert event.HasField("resource")
    assert dict(event.resource.fields) == {}


def values(count):
    """A Struct of so many texts, its field and list among them."""
    return arrived({"a": ["x"] * (count - 1)})


def test_50_000_values_are_read():
    read = struct.to_dict(values(50_000))
    assert len(read["a"]) == 49_999


@pytest.mark.parametrize("content", [{"a": ["x"] * 50_000}, {f"k{number}": "x" for number in range(50_001)}])
def test_one_value_more_is_refused(content):
    with pytest.raises(ERROR_TOO_LARGE) as caught:
        struct.to_dict(arrived(content))
    assert caught.value.message == "The message is too large: more than 50000 values. Its sender must make it smaller."


@pytest.mark.exhaustive
def test_values_are_counted_wherever_they_stand():
    half = [{"a": "x", "b": []}] * 12_500  # three values each
    assert len(struct.to_dict(arrived({"a": half}))["a"]) == 12_500
    with pytest.raises(ERROR_TOO_LARGE):
        struct.to_dict(arrived({"a": half, "b": half}))


def test_what_is_too_large_is_refused_before_it_is_walked(monkeypatch):
    read = []
    monkeypatch.setattr(struct.StructReader, "_value", lambda self, value: read.append(value))
    with pytest.raises(ERROR_TOO_LARGE):
        struct.to_dict(arrived({"a": 1} | {f"k{number}": 1 for number in range(50_000)}))
    assert read == []


def test_a_million_empty_lists_cost_little():
    """A list of empty lists, of which each takes four bytes of a request: written by hand, for the library takes minutes."""
    empty = field(6, b"")  # Value.list_value
    message = Struct.FromString(field(1, field(1, b"a") + field(2, field(6, field(1, empty) * 1_000_000))))
    begun = time.process_time()
    with pytest.raises(ERROR_TOO_LARGE):
        struct.to_dict(message)
    assert time.process_time() - begun < 0.2


def test_each_request_has_the_bound_for_itself():
    for _ in range(2):
        struct.to_dict(values(50_000))
