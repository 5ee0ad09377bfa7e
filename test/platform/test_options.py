"""How an operator sets the plugin's options, by SpaceONE's own API and by the environment."""

import uuid

import pytest
import redis

from corpus.cases import FIXTURES, load
from monitoring import monitoring
from plugin_process import serve
from standin.redis_server import redis_server

FIRING = load(FIXTURES / "alarm/firing_compute.json")
RULE = {"en": "\nRule: ", "ko": "\n조건: "}


def language(platform):
    """Return the language of a new alarm's alert."""
    assert platform.post(body=FIRING | {"dedupeKey": uuid.uuid4().hex}) == 200
    description = platform.alerts()[-1]["description"]
    return next(name for name, word in RULE.items() if word in description)


def test_update_plugin_sets_the_options_of_the_next_message(platform):
    assert language(platform) == "en"
    assert platform.update_plugin(options={"language": "ko"}) == {"language": "ko"}
    assert language(platform) == "ko"
    platform.verify()


def test_update_plugin_replaces_all_options_but_never_by_none(platform):
    platform.update_plugin(options={"language": "ko"})
    assert platform.update_plugin(options={}) == {"language": "ko"}  # a mistake of the platform's: `if options`
    assert language(platform) == "ko"
    assert platform.update_plugin(options={"provider": "oracle_cloud"}) == {"provider": "oracle_cloud"}
    assert language(platform) == "en"


def test_a_mistyped_option_is_stored_refused_by_verify_and_costs_no_alarm(platform):
    platform.update_plugin(options={"langage": "ko"})
    with pytest.raises(AssertionError, match="The option langage is refused"):
        platform.verify()
    assert language(platform) == "en"


def test_a_platform_with_a_cache_uses_the_old_options_for_at_most_five_minutes(served, tmp_path, database):
    with (
        redis_server(tmp_path) as server,
        monitoring(served.target, "--cache", str(server.port), database=database) as platform,
        redis.Redis.from_url(server.url, decode_responses=True) as cache,
    ):
        assert language(platform) == "en"
        platform.update_plugin(options={"language": "ko"})
        (kept,) = cache.keys("monitoring:webhook-data:*")  # a mistake of the platform's: it deletes another key
        assert 0 < cache.ttl(kept) <= 300
        assert language(platform) == "en"
        cache.delete(kept)  # as it will have expired then
        assert language(platform) == "ko"
        platform.api(resource="Webhook", verb="disable", parameters={"webhook_id": ""})
        assert language(platform) == "ko"  # it takes messages for as long; to stop it at once it must be deleted
        platform.api(resource="Webhook", verb="delete", parameters={"webhook_id": ""})
        assert platform.post(body=FIRING) == 500


def test_the_environment_sets_what_a_webhooks_options_leave_open(tmp_path, database):
    with (
        serve(tmp_path / "log", {"ONS_LANGUAGE": "ko"}) as plugin,
        monitoring(plugin.target, database=database) as platform,
    ):
        assert language(platform) == "ko"
        platform.update_plugin(options={"language": "en"})
        assert language(platform) == "en"
