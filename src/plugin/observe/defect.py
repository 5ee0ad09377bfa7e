"""Errors that nobody foresaw, described without their text: it may quote a stranger, or hold a secret."""

from __future__ import annotations

import errno
import traceback


def described(error: BaseException) -> str:
    """Return type, system error number if there is one, and place: `OSError EMFILE at /…/delivery.py:55`."""
    number = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    places = traceback.extract_tb(error.__traceback__)
    place = f"at {places[-1].filename}:{places[-1].lineno}" if places else ""
    return " ".join(filter(None, (type(error).__name__, number, place)))
