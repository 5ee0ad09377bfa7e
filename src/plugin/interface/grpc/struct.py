"""A protobuf Struct as plain values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from plugin.model.number import whole


def to_dict(struct: Struct) -> dict[str, Any]:
    """Return the object that a Struct holds. Its numbers are floats; integers are made whole again."""
    content = {}
    fields = struct.fields
    for key in fields:  # its items() is twice as slow
        value = fields[key]
        content[key] = value.string_value or _plain(value)  # most are texts, and asking for the kind first takes as long again
    return content


def fill(struct: Struct, content: Mapping[str, str]) -> None:
    """Write an object of texts into an empty Struct."""
    struct.SetInParent()  # present, though it may be empty
    fields = struct.fields
    for key, value in content.items():
        fields[key].string_value = value


def _plain(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        return to_dict(value.struct_value)
    if kind == "list_value":
        return [item.string_value or _plain(item) for item in value.list_value.values]
    if kind == "number_value":
        return whole(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    return None
