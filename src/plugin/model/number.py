"""Numbers of JSON and protobuf."""

from __future__ import annotations

_LARGEST_INTEGER = 2**53  # up to which a float holds every integer


def whole(number: float) -> int | float:
    """Return 7 for 7.0, and any other number as it is: a protobuf Struct holds each number as a float."""
    if isinstance(number, float) and number.is_integer() and abs(number) < _LARGEST_INTEGER:
        return int(number)
    return number
