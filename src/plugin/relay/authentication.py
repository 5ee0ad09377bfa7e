"""Basic authentication of deliveries, the only kind that ONS supports.

`bin/relay password` generates a password of 192 random bits, so a fast hash is enough against brute force, and cheap for the
relay.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

PASSWORD_BYTES = 24


def make_password(user: str) -> tuple[str, str]:
    """Return a new password and the user's part of RELAY_USERS."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    return password, f"{user}:sha256${hashlib.sha256(password.encode()).hexdigest()}"


def may_deliver(users: Mapping[str, bytes], authorization: str) -> bool:
    """Say whether an Authorization header names a user and the right password; without users, anybody may deliver."""
    if not users:
        return True
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return False
    digest = hashlib.sha256(password.encode()).digest()
    return scheme.lower() == "basic" and hmac.compare_digest(users.get(user, b""), digest)
