"""Basic authentication: who is known, and that nobody else is, however the header is written."""

import base64
import time

import bcrypt
import pytest

from plugin.relay import authentication
from plugin.relay.authentication import is_known

LONG = "p" * 72
USERS = {
    "ons": bcrypt.hashpw(b"pass:word", bcrypt.gensalt(4)),
    "사용자": bcrypt.hashpw("비밀".encode(), bcrypt.gensalt(4)),
    "long": bcrypt.hashpw(LONG.encode(), bcrypt.gensalt(4)),
    "empty": bcrypt.hashpw(b"", bcrypt.gensalt(4)),
}


@pytest.fixture
def cheap(monkeypatch):
    """Let an unknown user cost little: what it costs is a test of its own."""
    monkeypatch.setattr(authentication, "_NOBODY", USERS["empty"])


def basic(text, scheme="Basic"):
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "header",
    [
        basic("ons:pass:word"),
        basic("ons:pass:word", "basic"),
        basic("ons:pass:word", "BASIC"),
        basic("사용자:비밀"),
        basic(f"long:{LONG}"),
        basic(f"long:{LONG}and more than bcrypt looks at"),
        basic("empty:"),
    ],
)
def test_a_user_with_the_right_password_is_known(header):
    assert is_known(header, USERS) is True


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !",
        "Basic \xff",
        "Bearer x",
        basic("ons:pass:word", "Bearer"),
        basic("ons:pass:word")[6:],
        basic("ons:pass:word").replace(" ", "  "),
        basic("ons:wrong"),
        basic("ons:"),
        basic("ons"),
        basic(":pass:word"),
        basic("ONS:pass:word"),
        basic("nobody:pass:word"),
        basic("nobody:"),
        basic(f"long:{LONG[:-1]}"),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
    ],
)
def test_nobody_else_is_known(cheap, header):
    assert is_known(header, USERS) is False


def test_nobody_is_known_where_there_are_no_users(cheap):
    assert is_known(basic("nobody:"), {}) is False


def test_an_unknown_user_costs_as_much_time_as_a_known_one():
    """A quarter of the time at least: a header that costs no comparison at all takes a thousandth of it."""
    users = {"ons": bcrypt.hashpw(b"password", bcrypt.gensalt(12))}
    times = []
    for header in (basic("ons:wrong"), basic("nobody:wrong")):
        begun = time.perf_counter()
        is_known(header, users)
        times.append(time.perf_counter() - begun)
    assert times[1] > times[0] / 4


def test_the_hash_for_nobody_is_of_the_usual_cost():
    assert authentication._NOBODY.startswith(b"$2b$12$")
