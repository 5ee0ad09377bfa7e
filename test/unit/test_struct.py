"""A protobuf Struct as plain values, and back; through real bytes, as it arrives."""

from google.protobuf.struct_pb2 import Struct
from spaceone.api.monitoring.plugin import event_pb2

from plugin.interface.grpc import struct

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
