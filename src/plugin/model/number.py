"""Numbers of JSON and protobuf."""

from __future__ import annotations

_LARGEST_INTEGER = 2**53  # a float represents all integers below it


def restore_integer(number: float) -> int | float:
    """Return 7 for 7.0, and any other number unchanged: a protobuf Struct holds floats."""
    if isinstance(number, float) and number.is_integer() and abs(number) < _LARGEST_INTEGER:
        return int(number)
    return number
