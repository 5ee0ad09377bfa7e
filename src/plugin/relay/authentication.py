"""Who may deliver to the relay: Basic authentication, the only kind that ONS can do."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import bcrypt

LONGEST_PASSWORD = 72  # bytes that bcrypt looks at
_NOBODY = bcrypt.hashpw(b"", bcrypt.gensalt(12))  # what the password of an unknown user is compared with


def is_known(authorization: str, users: Mapping[str, bytes]) -> bool:
    """Say whether an Authorization header names a user and the right password. `users` maps names to bcrypt hashes."""
    try:
        scheme, _, encoded = authorization.partition(" ")
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return False
    password_hash = users.get(user)
    right = bcrypt.checkpw(password.encode()[:LONGEST_PASSWORD], password_hash or _NOBODY)
    return right and password_hash is not None and scheme.lower() == "basic"
