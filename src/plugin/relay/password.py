"""Comparing a password with a bcrypt hash, at the same price for every user."""

from __future__ import annotations

import bcrypt

LONGEST_PASSWORD = 72  # bytes that bcrypt looks at
_HASH_OF_NOTHING = b"." * 53  # a well-formed salt and digest, for which nobody knows a password


def cost(password_hash: bytes) -> int:
    """Return the cost of a bcrypt hash: 12 for `$2y$12$…`. Each step doubles the time of a comparison."""
    return int(password_hash[4:6])


def hash_of_nobody(cost: int) -> bytes:
    """Return a hash that no password fits and that takes as long to compare as any other of that cost."""
    return b"$2b$%02d$%s" % (cost, _HASH_OF_NOTHING)


def matches(password: bytes, password_hash: bytes, price: int) -> bool:
    """Say whether the password fits, in the time that a hash of the cost `price` takes.

    A cheaper hash must not be told from a dearer one by the time of the answer, else that time tells which users there are.
    So its comparison is followed by others that fit nobody: 2^5 + 2^5 + 2^6 + … + 2^11 steps are the 2^12 of cost 12.
    """
    looked_at = password[:LONGEST_PASSWORD]
    right = bcrypt.checkpw(looked_at, password_hash)
    for step in range(cost(password_hash), price):
        bcrypt.checkpw(looked_at, hash_of_nobody(step))
    return right
