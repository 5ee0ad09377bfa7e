"""What the plugin is made of, by the environment."""

import pytest

from plugin.app import wiring
from plugin.connector.local_memory import LocalMemory
from plugin.connector.redis_memory import RedisMemory
from plugin.error import ERROR_ENVIRONMENT


def test_without_a_url_the_memory_is_the_process_own():
    assert isinstance(wiring.memory(""), LocalMemory)


def test_with_a_url_the_memory_is_a_redis():
    memory = wiring.memory("redis://localhost:6379/0")
    assert isinstance(memory, RedisMemory)
    memory._client.close()


@pytest.mark.parametrize(
    "url",
    [
        "redis://private:port/0",
        "redis://private:99999999/0",
        "redis://h/0?socket_timeout=private",
        "redis://" + "a" * 64 + "/0",
    ],
)
def test_a_url_that_is_none_is_named_by_its_variable(url):
    with pytest.raises(ERROR_ENVIRONMENT) as caught:
        wiring.memory(url)
    assert (caught.value.name, caught.value.reason) == (
        "ONS_STATE_URL",
        "a URL redis://HOST:PORT/DB or rediss://… expected",
    )


def test_options_of_the_environment_reach_both_managers(monkeypatch):
    monkeypatch.setenv("ONS_PROVIDER", "mine")
    assert wiring.webhook_manager().metadata({})["provider"] == "mine"
    assert wiring.event_manager().parse({}, {"title": "x"})[0]["provider"] == "mine"


def test_the_url_of_the_environment_reaches_the_memory(monkeypatch):
    monkeypatch.setenv("ONS_STATE_URL", "redis://private:port/0")
    with pytest.raises(ERROR_ENVIRONMENT):
        wiring.event_manager()
    assert wiring.process_settings().state_url == "redis://private:port/0"
