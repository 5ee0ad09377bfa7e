"""Basic authentication: who is known, that nobody else is, at which price, and who waits when many ask."""

import asyncio
import base64
import threading

import bcrypt
import pytest

from plugin.relay import authentication, checks, password
from plugin.relay.authentication import Authenticator, credentials
from plugin.relay.checks import Busy, Checks

LONG = "p" * 72
USERS = {
    "ons": bcrypt.hashpw(b"pass:word", bcrypt.gensalt(4)),
    "사용자": bcrypt.hashpw("비밀".encode(), bcrypt.gensalt(5)),
    "long": bcrypt.hashpw(LONG.encode(), bcrypt.gensalt(4)),
    "empty": bcrypt.hashpw(b"", bcrypt.gensalt(4)),
}


def basic(text, scheme="Basic"):
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


def is_known(header, users=USERS):
    async def asked():
        return await Authenticator(users).is_known(header, "address")

    return asyncio.run(asked())


@pytest.fixture
def compared(monkeypatch):
    """The passwords that were compared; the comparison itself is the real one."""
    passwords = []

    def matches(password_, password_hash, price):
        passwords.append(password_)
        return password.matches(password_, password_hash, price)

    monkeypatch.setattr(authentication, "matches", matches)
    return passwords


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
    assert is_known(header) is True


@pytest.mark.parametrize(
    "header",
    [
        basic("ons:wrong"),
        basic("ons:"),
        basic(":pass:word"),
        basic("ONS:pass:word"),
        basic("nobody:pass:word"),
        basic("nobody:"),
        basic(f"long:{LONG[:-1]}"),
    ],
)
def test_nobody_else_is_known(compared, header):
    assert is_known(header) is False
    assert len(compared) == 1  # an unknown user costs as much as a known one


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
def test_what_is_no_basic_authentication_costs_no_comparison(compared, header):
    assert is_known(header) is False
    assert compared == []
    with pytest.raises(ValueError):
        credentials(header)


def test_credentials_that_were_right_are_remembered_and_wrong_ones_are_not(compared):
    async def asked():
        authenticator = Authenticator(USERS)
        for _ in range(3):
            assert await authenticator.is_known(basic("ons:pass:word"), "a")
            assert not await authenticator.is_known(basic("ons:wrong"), "a")

    asyncio.run(asked())
    assert (compared.count(b"pass:word"), compared.count(b"wrong")) == (1, 3)
    assert (authentication.REMEMBERED, authentication.MOST_REMEMBERED) == (600.0, 1000)


def test_a_comparison_whose_delivery_was_given_up_is_remembered(compared):
    async def asked():
        authenticator = Authenticator(USERS)
        delivery = asyncio.create_task(authenticator.is_known(basic("ons:pass:word"), "a"))
        await asyncio.sleep(0)
        delivery.cancel()
        for _ in range(500):
            if authenticator._known:
                break
            await asyncio.sleep(0.01)
        return await authenticator.is_known(basic("ons:pass:word"), "a")

    assert asyncio.run(asked()) is True
    assert compared == [b"pass:word"]


def test_a_hash_for_nobody_fits_nothing_and_has_its_cost():
    for cost in (4, 12):
        assert password.cost(password.hash_of_nobody(cost)) == cost
    assert not bcrypt.checkpw(b"", password.hash_of_nobody(4))


@pytest.mark.parametrize(("cost", "price", "costs"), [(4, 4, [4]), (4, 7, [4, 4, 5, 6]), (6, 7, [6, 6])])
def test_a_cheaper_hash_takes_the_steps_of_the_dearest(monkeypatch, cost, price, costs):
    """bcrypt is replaced: only what it is asked is looked at."""
    asked = []
    monkeypatch.setattr(password.bcrypt, "checkpw", lambda secret, hash_: asked.append((secret, password.cost(hash_))) or True)
    assert password.matches(b"p" * 80, password.hash_of_nobody(cost), price) is True
    assert asked == [(b"p" * 72, each) for each in costs]


class Gate:
    """Comparisons that wait until the test lets them go, and note their order."""

    def __init__(self):
        self.free, self.order = threading.Event(), []

    def compare(self, name):
        def compared():
            assert self.free.wait(10)
            self.order.append(name)
            return True

        return compared


def run_checks(submitted):
    """Submit (fingerprint, address) in this order, the first of which runs while the others wait; return order and outcomes."""
    gate = Gate()

    async def run():
        queue = Checks(1)
        futures = [queue.submit(name.encode(), address, gate.compare(name)) for name, address in submitted]
        gate.free.set()
        return await asyncio.gather(*futures, return_exceptions=True)

    return gate, asyncio.run(run())


def test_the_address_with_the_fewest_is_served_first_and_of_one_the_newest():
    gate, outcomes = run_checks([("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("a4", "a")])
    assert gate.order == ["a1", "b1", "a4", "a3", "a2"]
    assert outcomes == [True] * 5


def test_a_comparison_that_waits_or_runs_is_shared():
    gate, outcomes = run_checks([("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")])
    assert gate.order == ["a", "b"]
    assert outcomes == [True] * 4


def test_when_the_queue_is_full_the_address_with_the_most_loses_its_oldest(monkeypatch):
    assert checks.MOST_WAITING == 128
    monkeypatch.setattr(checks, "MOST_WAITING", 3)
    _, outcomes = run_checks([("b0", "b"), ("b1", "b"), ("a1", "a"), ("a2", "a"), ("a3", "a"), ("c1", "c")])
    refused = [isinstance(outcome, Busy) for outcome in outcomes]
    assert sum(refused) == 2 and not refused[0] and not refused[5]
    assert refused[2]


def test_a_comparison_that_breaks_is_told_and_holds_up_nobody():
    def broken():
        raise RuntimeError

    async def run():
        queue = Checks(1)
        futures = [queue.submit(b"a", "a", broken), queue.submit(b"b", "a", lambda: False)]
        return await asyncio.gather(*futures, return_exceptions=True)

    first, second = asyncio.run(run())
    assert isinstance(first, RuntimeError) and second is False
