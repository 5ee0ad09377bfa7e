"""Whether a delivery's signature is to be verified.

It stands apart from `signature.py`, so that a plugin which never verifies one does not load the cryptography for it: that is
a seventh of its memory.
"""

from __future__ import annotations

from plugin.error import ERROR_SIGNATURE
from plugin.ons.message import Delivery


def is_wanted(delivery: Delivery, mode: str) -> bool:
    """Say whether a signature is to be verified; raise ERROR_SIGNATURE if one is required and there is none."""
    has_one = "signature" in delivery.envelope
    if mode == "require" and not has_one:
        raise ERROR_SIGNATURE(reason="there is none, and the option signature requires one")
    return has_one and mode != "ignore"
