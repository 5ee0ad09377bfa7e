"""Convert a protobuf Struct to a dict and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from plugin.error import ERROR_TOO_LARGE
from plugin.model.number import restore_integer
from plugin.setting.limits import MAX_VALUES

TOO_MANY_VALUES = f"more than {MAX_VALUES} values"


def to_dict(struct: Struct) -> dict[str, Any]:
    """Return the object that a Struct holds; raise ERROR_TOO_LARGE before more than MAX_VALUES values are read.

    A Struct holds floats; integers are restored.
    """
    return StructReader().object(struct)


def fill(struct: Struct, content: Mapping[str, str]) -> None:
    """Write an object of texts into an empty Struct."""
    struct.SetInParent()  # present, even if empty
    fields = struct.fields
    for key, value in content.items():
        fields[key].string_value = value


class StructReader:
    """Reads the Structs of a request: MAX_VALUES values in total."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def object(self, struct: Struct) -> dict[str, Any]:
        """Return the object that a Struct holds, as `to_dict` does."""
        fields = struct.fields
        self._left -= len(fields)
        if self._left < 0:
            raise ERROR_TOO_LARGE(reason=TOO_MANY_VALUES)
        content = {}
        for key in fields:  # items() is twice as slow
            value = fields[key]
            content[key] = value.string_value or self._value(value)  # most are texts; WhichOneof is slow
        return content

    def _value(self, value: Value) -> Any:
        kind = value.WhichOneof("kind")
        if kind == "string_value":
            return value.string_value
        if kind == "struct_value":
            return self.object(value.struct_value)
        if kind == "list_value":
            values = value.list_value.values
            self._left -= len(values)
            if self._left < 0:
                raise ERROR_TOO_LARGE(reason=TOO_MANY_VALUES)
            return [item.string_value or self._value(item) for item in values]
        if kind == "number_value":
            return restore_integer(value.number_value)
        if kind == "bool_value":
            return value.bool_value
        return None
