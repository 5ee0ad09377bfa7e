"""Who may deliver to the relay: Basic authentication, the only kind that ONS can do."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import bcrypt

LONGEST_PASSWORD = 72  # bytes that bcrypt looks at
_NOBODY = bcrypt.hashpw(b"", bcrypt.gensalt(12))  # what the password of an unknown user is compared with


def users(text: str) -> dict[str, bytes]:
    """Read `user:hash,user:hash` with bcrypt hashes; raise ValueError for anything else."""
    found = {}
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        user, _, hashed = pair.partition(":")
        bcrypt.checkpw(b"", hashed.encode())
        if not user:
            raise ValueError("no user")
        found[user] = hashed.encode()
    return found


def known(authorization: str, users: Mapping[str, bytes]) -> bool:
    """Say whether the header names a user and the right password; it takes as long for an unknown user."""
    try:
        scheme, _, encoded = authorization.partition(" ")
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return False
    hashed = users.get(user)
    right = bcrypt.checkpw(password.encode()[:LONGEST_PASSWORD], hashed or _NOBODY)
    return right and hashed is not None and scheme.lower() == "basic"
