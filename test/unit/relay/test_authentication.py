"""Who may deliver to the relay."""

import base64
import hashlib

import pytest

from plugin.relay import __main__ as main
from plugin.relay.authentication import make_password, may_deliver
from plugin.setting import relay

USERS = {"ons": hashlib.sha256(b"pass:word").digest(), "한": hashlib.sha256("글".encode()).digest()}


def basic(text, scheme="Basic"):
    return f"{scheme} {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("header", [basic("ons:pass:word"), basic("ons:pass:word", "bAsIc"), basic("한:글")])
def test_a_user_with_the_right_password_may_deliver(header):
    assert may_deliver(USERS, header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !",
        "Basic //8=",
        basic("ons"),
        basic("ons:"),
        basic("ons:pass"),
        basic("ons:pass:word "),
        basic("other:pass:word"),
        basic(":"),
        basic("ons:pass:word", "Bearer"),
        basic("ons:pass:word")[6:],
    ],
)
def test_nobody_else_may(header):
    assert not may_deliver(USERS, header)


def test_without_users_anybody_may_deliver():
    assert may_deliver({}, "")


def test_a_password_is_long_new_each_time_and_its_line_lets_it_in(capsys):
    (one, line), (other, _) = make_password("ons"), make_password("ons")
    assert len(one) >= 22 and one != other
    users = relay.from_environment({"SPACEONE_WEBHOOK_URL": "https://example.com/x", "RELAY_USERS": line}).users
    assert may_deliver(users, basic(f"ons:{one}")) and not may_deliver(users, basic(f"ons:{other}"))
    main.print_password("me")
    printed = capsys.readouterr().out.splitlines()
    assert hashlib.sha256(printed[0].split()[-1].encode()).hexdigest() == printed[1].rpartition("$")[2]
