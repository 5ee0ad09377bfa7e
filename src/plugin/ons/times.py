"""Read the times of messages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.parser import isoparse

FIRST_YEAR = 2000  # an earlier time is an error: 0, or seconds for milliseconds
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# For this form fromisoformat agrees with isoparse and is much faster; it is too lenient for others.
_ORACLE_FORM = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{3}|\.\d{6})?(Z|[+-]\d\d:[0-5]\d)", re.ASCII)


def from_text(value: Any) -> datetime | None:
    """Return a time of ISO 8601 with an offset (`Z`, `+00:00`, and `+0000` as ONS writes it), or None.

    A time without an offset is rejected.
    """
    if not isinstance(value, str):
        return None
    try:
        is_oracle_form = _ORACLE_FORM.fullmatch(value)
        instant = datetime.fromisoformat(value) if is_oracle_form else isoparse(value)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def from_millis(value: Any) -> datetime | None:
    """Return a time of milliseconds since 1970, or None."""
    if isinstance(value, bool):
        return None
    try:
        time = EPOCH + timedelta(milliseconds=float(value))
        return time if time.year >= FIRST_YEAR else None
    except (TypeError, ValueError, OverflowError):
        return None
