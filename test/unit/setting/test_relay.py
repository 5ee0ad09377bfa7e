"""Settings of the relay that decide who may deliver: what cannot be read is an error, never "anybody"."""

import pytest

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import relay
from plugin.setting.relay import EXPECTED_USERS

HASH = "sha256$" + "0a" * 32


def settings(**environ):
    return relay.from_environment({"SPACEONE_WEBHOOK_URL": "https://spaceone.example.com/x", **environ})


def refusal(variable, value):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        settings(**{variable: value})
    assert caught.value.name == variable
    assert "private" not in caught.value.message
    return caught.value.reason


@pytest.mark.parametrize(
    "users",
    [
        ":",
        f"ons :{HASH}",
        f"ons: {HASH}",
        f"ons:{HASH},two",
        f":{HASH}",
        f"ons:{HASH},:{HASH}",
        f"ons:{HASH},ons:{HASH}",
        f"ons:{HASH}private",
        f"ons:{HASH[:-1]}",
    ],
)
def test_a_user_that_cannot_be_read_is_refused(users):
    assert refusal("RELAY_USERS", users) == EXPECTED_USERS


@pytest.mark.parametrize("users", ["", ",", " ", " , ,"])
def test_a_value_that_names_no_user_is_not_anybody(users):
    reason = f"{EXPECTED_USERS}; to let anybody deliver, do not set it"
    assert refusal("RELAY_USERS", users) == reason


def test_only_a_variable_that_is_not_set_means_anybody():
    assert settings().users == {}


def test_a_hash_may_be_written_in_capitals():
    assert settings(RELAY_USERS=f"ons:{HASH.upper()}").users == {"ons": bytes([10]) * 32}


def test_the_ports_differ():
    assert (settings().port, settings().status_port) == (8080, 8081)
    assert settings(RELAY_STATUS_PORT="9000").status_port == 9000
    assert "RELAY_PORT" in refusal("RELAY_STATUS_PORT", "8080")


def test_proxies_are_addresses_and_networks():
    assert settings().proxies == ()
    assert settings(RELAY_PROXIES=" 192.0.2.1, 10.0.0.0/8,2001:db8::/32,fc00::/7 ").proxies == (
        "192.0.2.1/32",
        "10.0.0.0/8",
        "2001:db8::/32",
        "fc00::/7",
    )


@pytest.mark.parametrize("proxies", ["private", "*", "10.0.0.1/8", "10.0.0.0/99", "192.0.2.1:80"])
def test_what_is_no_network_is_refused(proxies):
    assert refusal("RELAY_PROXIES", proxies) == "addresses or networks, separated by commas, expected"


@pytest.mark.parametrize("proxies", ["0.0.0.0/0", "::/0", "192.0.2.1, 0.0.0.0/0", "0.0.0.0/1,128.0.0.0/1", "2000::/3"])
def test_a_network_of_all_addresses_or_of_half_of_them_is_refused(proxies):
    reason = "the addresses of the proxies, in networks of /8 (IPv6: /7) at most, expected"
    assert refusal("RELAY_PROXIES", proxies) == reason
