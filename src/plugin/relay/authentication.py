"""Who may deliver to the relay: Basic authentication, the only kind that ONS supports.

ONS sends each delivery without credentials first, and again with them after the answer 401. The first costs nothing, and the
second costs a comparison with bcrypt only if the credentials were not seen in the last minutes.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import secrets
from collections.abc import Mapping
from functools import partial

from cachetools import TTLCache

from plugin.relay.checks import Checks
from plugin.relay.password import cost, hash_of_nobody, matches

REMEMBERED = 600.0  # seconds since the last delivery with the same credentials; an alarm may repeat every 5 minutes
MOST_REMEMBERED = 1000  # credentials


class Authenticator:
    """Check credentials against `users`: names and their bcrypt hashes, at least one."""

    def __init__(self, users: Mapping[str, bytes]) -> None:
        self._users = users
        self._price = max(map(cost, users.values()))
        self._checks = Checks(os.cpu_count() or 1)
        self._key = secrets.token_bytes(32)
        self._known: TTLCache[bytes, bool] = TTLCache(MOST_REMEMBERED, REMEMBERED)

    async def is_known(self, authorization: str, address: str) -> bool:
        """Say whether an Authorization header names a user and the right password; raise Busy if too many ask."""
        try:
            user, password = credentials(authorization)
        except ValueError:
            return False
        fingerprint = hmac.digest(self._key, authorization.encode(), "sha256")
        if fingerprint in self._known:
            self._known[fingerprint] = True  # from now on
            return True
        outcome = self._checks.submit(fingerprint, address, partial(self._is_right, user, password))
        outcome.add_done_callback(partial(self._remember, fingerprint))
        return await asyncio.shield(outcome)

    def _is_right(self, user: str, password: bytes) -> bool:
        password_hash = self._users.get(user, hash_of_nobody(self._price))
        return matches(password, password_hash, self._price) and user in self._users

    def _remember(self, fingerprint: bytes, outcome: asyncio.Future[bool]) -> None:
        if outcome.exception() is None and outcome.result():
            self._known[fingerprint] = True


def credentials(authorization: str) -> tuple[str, bytes]:
    """Return user and password of a header of Basic authentication, or raise ValueError."""
    scheme, _, encoded = authorization.partition(" ")
    user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    if scheme.lower() != "basic" or not colon:
        raise ValueError("not Basic authentication")
    return user, password.encode()
