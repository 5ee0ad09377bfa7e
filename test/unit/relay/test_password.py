"""Comparing passwords: hashes of all kinds and costs, at one price."""

import bcrypt
import pytest

from plugin.relay import password
from plugin.relay.password import cost, hash_of_nobody, matches


def hashed(text, cost=4, kind=b"$2b$"):
    return bcrypt.hashpw(text, bcrypt.gensalt(cost)).replace(b"$2b$", kind)


@pytest.mark.parametrize("kind", [b"$2a$", b"$2b$", b"$2y$"])
def test_a_hash_of_each_kind_is_compared(kind):
    assert matches(b"right", hashed(b"right", kind=kind), 4) is True
    assert matches(b"wrong", hashed(b"right", kind=kind), 4) is False


def test_72_bytes_are_looked_at():
    assert matches(b"x" * 100, hashed(b"x" * 72), 4) is True
    assert matches(b"x" * 71, hashed(b"x" * 72), 4) is False


def test_a_cheaper_hash_is_compared_at_the_price_of_the_dearest(monkeypatch):
    compared = []
    monkeypatch.setattr(password.bcrypt, "checkpw", lambda text, hash_: compared.append((text, cost(hash_))) or True)
    assert matches(b"x", hashed(b"x", 5), 8) is True
    assert compared == [(b"x", 5), (b"x", 5), (b"x", 6), (b"x", 7)]
    assert sum(2**step for _, step in compared) == 2**8


@pytest.mark.parametrize("steps", [4, 5, 12, 13])
def test_the_hash_of_nobody_is_well_formed(steps):
    assert cost(hash_of_nobody(steps)) == steps
    if steps < 6:
        assert bcrypt.checkpw(b"", hash_of_nobody(steps)) is False
