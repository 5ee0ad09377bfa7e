"""Who may deliver to the relay: Basic authentication, the only kind that ONS supports.

ONS sends each delivery without credentials first, and again with them after the answer 401. The first costs nothing, and the
second costs a comparison with bcrypt only until the credentials were right once.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from collections.abc import Mapping
from functools import partial

from plugin.relay.checks import Checks
from plugin.relay.network import network_of
from plugin.relay.password import LONGEST_PASSWORD, cost, hash_of_nobody, matches


class Authenticator:
    """Check credentials against `users`: names and their bcrypt hashes, at least one.

    Credentials that were right stay right while the process lives, because users come from its environment. So they are
    remembered that long, as a keyed hash, and a sender who is known never waits behind somebody who guesses.
    """

    def __init__(self, users: Mapping[str, bytes]) -> None:
        self._users = users
        self._price = max(map(cost, users.values()))
        self._checks = Checks(os.cpu_count() or 1)
        self._key = secrets.token_bytes(32)
        self._known: set[bytes] = set()  # about as many as there are users: only what is right gets in

    async def is_known(self, authorization: str, address: str) -> bool:
        """Say whether an Authorization header names a user and the right password; raise Busy if too many ask."""
        try:
            user, password = credentials(authorization)
        except ValueError:
            return False
        looked_at = password[:LONGEST_PASSWORD]
        fingerprint = hmac.digest(self._key, user.encode() + b":" + looked_at, "sha256")
        if fingerprint in self._known:
            return True
        compare = partial(self._compare, fingerprint, user, looked_at)
        return await self._checks.outcome(fingerprint, network_of(address), compare)

    def _compare(self, fingerprint: bytes, user: str, password: bytes) -> bool:
        """Compare, in a thread of its own, and remember what was right even if its delivery was given up meanwhile."""
        password_hash = self._users.get(user, hash_of_nobody(self._price))
        right = matches(password, password_hash, self._price) and user in self._users
        if right:
            self._known.add(fingerprint)
        return right


def credentials(authorization: str) -> tuple[str, bytes]:
    """Return user and password of a header of Basic authentication, or raise ValueError."""
    scheme, _, encoded = authorization.partition(" ")
    user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    if scheme.lower() != "basic" or not colon:
        raise ValueError("not Basic authentication")
    return user, password.encode()
