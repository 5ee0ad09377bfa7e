"""Times are read as dateutil reads ISO 8601, by whichever of the two ways."""

from datetime import UTC, datetime

import pytest

from plugin.ons import times


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024-01-15T10:30:00Z", datetime(2024, 1, 15, 10, 30)),
        ("2024-01-15T10:30:00.123Z", datetime(2024, 1, 15, 10, 30, 0, 123000)),
        ("2024-01-15T10:30:00.1Z", datetime(2024, 1, 15, 10, 30, 0, 100000)),
        ("2024-01-15T10:30:00+09:00", datetime(2024, 1, 15, 1, 30)),
        ("2024-01-15T10:30:00.000+0000", datetime(2024, 1, 15, 10, 30)),
        ("2024-01-15T24:00:00Z", datetime(2024, 1, 16)),
    ],
)
def test_a_time_with_an_offset_is_read(text, read):
    assert times.from_text(text) == read.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2024-01-15T10:30:00", "2024-01-15T10:30.5Z", "2024-01-15T10:30:00+00:00:30", "2024-02-30T10:30:00Z"]
)
def test_what_is_no_such_time_is_not_guessed_at(text):
    assert times.from_text(text) is None
