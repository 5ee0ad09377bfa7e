"""Basic authentication: who is known, and that nobody else is, however the header is written."""

import asyncio
import base64

import anyio
import bcrypt
import pytest

from plugin.relay.authentication import Authenticator, credentials
from plugin.relay.checks import Busy

LONG = "p" * 72
USERS = {
    "ons": bcrypt.hashpw(b"pass:word", bcrypt.gensalt(4)),
    "사용자": bcrypt.hashpw("비밀".encode(), bcrypt.gensalt(4)),
    "long": bcrypt.hashpw(LONG.encode(), bcrypt.gensalt(4)),
    "empty": bcrypt.hashpw(b"", bcrypt.gensalt(4)),
    "dear": bcrypt.hashpw(b"password", bcrypt.gensalt(6)).replace(b"$2b$", b"$2y$"),
}


def basic(text, scheme="Basic"):
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


@pytest.fixture
def compared(monkeypatch):
    """Write down the cost of each comparison."""
    costs = []

    def checkpw(password, password_hash):
        costs.append(int(password_hash[4:6]))
        return bcrypt.hashpw(password, password_hash) == password_hash

    monkeypatch.setattr("plugin.relay.password.bcrypt.checkpw", checkpw)
    return costs


def known(*headers, users=USERS):
    """Ask for one header after the other."""

    async def ask():
        authenticator = Authenticator(users)
        return [await authenticator.is_known(header, "192.0.2.1") for header in headers]

    return anyio.run(ask)


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
        basic("dear:password"),
    ],
)
def test_a_user_with_the_right_password_is_known(header):
    assert known(header) == [True]


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
        basic("ons"),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
    ],
)
def test_a_malformed_header_is_nobody_and_costs_nothing(compared, header):
    assert known(header) == [False]
    assert compared == []
    with pytest.raises(ValueError):
        credentials(header)


@pytest.mark.parametrize(
    "text", ["ons:wrong", "ons:", ":pass:word", "ONS:pass:word", "nobody:pass:word", "nobody:", "ons:\x00"]
)
def test_nobody_else_is_known(text):
    assert known(basic(text)) == [False]


def test_a_password_that_is_shorter_than_bcrypt_looks_is_another():
    assert known(basic(f"long:{LONG[:-1]}")) == [False]


@pytest.mark.parametrize("user", ["ons", "dear", "nobody"])
def test_each_try_costs_what_the_dearest_hash_costs(compared, user):
    known(basic(f"{user}:wrong"))
    assert sum(2**cost for cost in compared) == 2**6


def test_a_right_header_is_compared_once_and_a_wrong_one_each_time(compared):
    right, wrong = basic("dear:password"), basic("dear:wrong")
    assert known(right, wrong, right, wrong, right) == [True, False, True, False, True]
    assert compared == [6, 6, 6]


def test_credentials_are_remembered_however_their_header_is_written(compared):
    headers = [basic("long:" + LONG), basic("long:" + LONG, "BASIC"), basic(f"long:{LONG}and more")]
    users = {"long": USERS["long"]}
    assert known(*headers, users=users) == [True] * 3
    assert compared == [4]


def test_what_is_remembered_holds_no_password():
    authenticator = Authenticator(USERS)
    anyio.run(authenticator.is_known, basic("ons:pass:word"), "")
    anyio.run(authenticator.is_known, basic("ons:wrong"), "")
    (remembered,) = authenticator._known
    assert len(remembered) == 32
    assert Authenticator(USERS)._key != authenticator._key


def test_a_comparison_that_runs_outlives_the_delivery_that_asked_for_it():
    async def ask():
        authenticator = Authenticator(USERS)
        delivery = asyncio.create_task(authenticator.is_known(basic("dear:password"), ""))
        await asyncio.sleep(0)
        delivery.cancel()
        with anyio.fail_after(5):
            while not authenticator._known:
                await asyncio.sleep(0.01)
        assert delivery.cancelled()

    anyio.run(ask)


def test_a_client_is_his_network(monkeypatch):
    asked = []

    async def outcome(_, fingerprint, client, compare):
        asked.append(client)
        return False

    monkeypatch.setattr("plugin.relay.authentication.Checks.outcome", outcome)
    anyio.run(Authenticator(USERS).is_known, basic("ons:wrong"), "2001:db8::1")
    assert asked == ["2001:db8::/64"]


def test_too_many_comparisons_are_busy(monkeypatch):
    monkeypatch.setattr("plugin.relay.checks.MOST_WAITING", 5)

    async def ask():
        authenticator = Authenticator(USERS)
        outcomes = []

        async def one(number):
            try:
                outcomes.append(await authenticator.is_known(basic(f"ons:{number}"), ""))
            except Busy:
                outcomes.append(Busy)

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(one, number)
        return outcomes

    outcomes = anyio.run(ask)
    assert outcomes.count(Busy) > 10
    assert outcomes.count(False) + outcomes.count(Busy) == 50
