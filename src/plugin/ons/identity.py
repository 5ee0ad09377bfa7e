"""A key for what has none of its own, made of what stays the same."""

from __future__ import annotations

import hashlib
import json


def digest(*identity: str) -> str:
    """Return the SHA-256 of some texts in hexadecimal; where one ends and the next begins counts."""
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()
