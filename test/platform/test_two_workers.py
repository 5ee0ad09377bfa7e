"""Two REST workers of SpaceONE's monitoring service on one MongoDB, and deliveries of one alarm to both at one moment.

The service looks for the open alert of a key and then creates one, without a lock and without a unique index. So two workers
open two alerts, of which the recovery closes one. The plugin keeps two events of one key apart, so that the second worker
finds what the first one opened.
"""

import itertools
import json
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import pytest

from corpus.cases import FIXTURES, load
from deliveries import message_in
from monitoring import monitoring
from plugin_process import serve
from standin.redis_server import redis_server

FIRING = load(FIXTURES / "alarm/firing_compute.json")
RECOVERY = load(FIXTURES / "alarm/recovery_compute.json")
DELAYS = (0, 0.01, 0.05)  # seconds between the two deliveries
PAIRS = 4  # for each delay
MAX_PAIRS = 30  # in which at least one race is lost without the plugin's help
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Workers:
    """Two REST workers: `workers.race(first, second)` posts one message to each."""

    def __init__(self, first, second):
        self.platform, self._both = first, (first, second)
        self._hosts = [urlsplit(each.url).netloc for each in self._both]
        self._pool = ThreadPoolExecutor(2)

    def plugins(self, first, second):
        """Set which plugin each of them asks."""
        for worker, plugin in zip(self._both, (first, second), strict=True):
            worker.replicas(endpoints=[plugin.target])

    def race(self, first, second, delay=0.0):
        """Post two messages, the second one some seconds after the first."""
        start = time.monotonic() + 0.05
        assert list(self._pool.map(self._post, self._hosts, (first, second), (start, start + delay))) == [200, 200]

    def post(self, message):
        """Post a message to one of the two."""
        assert self._post(self._hosts[0], message, 0) == 200

    def _post(self, host, message, moment):
        url = urlunsplit(urlsplit(self.platform.url)._replace(netloc=host))
        request = urllib.request.Request(url, json.dumps(message).encode(), {"Content-Type": "application/json"})
        time.sleep(max(moment - time.monotonic(), 0))
        with OPENER.open(request, timeout=60) as reply:
            return reply.status

    def alerts(self, *keys):
        """Return for each key the severity and state of its alerts, the oldest first."""
        key_of = {event["alert_id"]: event["event_key"].partition("/")[0] for event in self.platform.events()}
        alerts = self.platform.alerts()
        return [[(each["severity"], each["state"]) for each in alerts if key_of[each["alert_id"]] == key] for key in keys]


@pytest.fixture(scope="module")
def both(served, databases):
    if databases.missing:
        pytest.skip("mongomock is no database of two processes")
    database = databases.new()
    with monitoring(served.target, database=database) as first, monitoring(served.target, database=database) as second:
        yield Workers(first, second)


@pytest.fixture
def workers(both, served):
    """Two workers that ask one plugin, on a webhook without options."""
    both.plugins(served, served)
    both.platform.url = both.platform.webhook(options={})
    return both


def with_key(message):
    return message | {"dedupeKey": uuid.uuid4().hex}


def outcomes(workers, pairs, delay):
    """Repeatedly send a firing to both workers, and its recovery to one; return the states of the alerts."""
    firings = [with_key(FIRING) for _ in range(pairs)]
    for firing in firings:
        workers.race(firing, firing, delay)
        workers.post(RECOVERY | {"dedupeKey": firing["dedupeKey"]})
    alerts = workers.alerts(*(firing["dedupeKey"] for firing in firings))
    return [[state for _, state in each] for each in alerts]


@pytest.mark.slow
def test_without_the_plugins_help_two_workers_open_two_alerts(workers, unspaced):
    workers.plugins(unspaced, unspaced)
    found = (outcomes(workers, 1, 0)[0] for _ in range(MAX_PAIRS))
    assert sorted(next(states for states in found if len(states) > 1)) == ["RESOLVED", "TRIGGERED"]


@pytest.mark.parametrize("delay", [DELAYS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in DELAYS[1:])])
def test_one_firing_at_both_workers_is_one_alert(workers, delay):
    assert outcomes(workers, PAIRS, delay) == [["RESOLVED"]] * PAIRS


@pytest.mark.slow
def test_two_plugins_that_share_a_redis_keep_the_workers_apart(workers, tmp_path):
    with redis_server(tmp_path) as redis:
        environment = {"ONS_STATE_URL": redis.url}
        with serve(tmp_path / "first", environment) as first, serve(tmp_path / "second", environment) as second:
            workers.plugins(first, second)
            assert outcomes(workers, PAIRS, 0) == [["RESOLVED"]] * PAIRS


@pytest.mark.slow
def test_two_severities_at_one_moment_leave_one_alert(workers):
    key = uuid.uuid4().hex
    workers.race(message_in("WARNING", key, "OK_TO_FIRING", 0), message_in("CRITICAL", key, "RULE_CHANGE", 1))
    assert [len(alerts) for alerts in workers.alerts(key)] == [1]
    workers.post(message_in("OK", key, "FIRING_TO_OK", 2))
    assert [[state for _, state in alerts] for alerts in workers.alerts(key)] == [["RESOLVED"]]


@pytest.mark.slow
def test_separate_severities_at_one_moment_leave_the_newest_open(workers):
    workers.platform.url = workers.platform.webhook(options={"escalation": "separate"})
    for order in itertools.permutations([("WARNING", "OK_TO_FIRING", 0), ("CRITICAL", "RULE_CHANGE", 1)]):
        key = uuid.uuid4().hex
        workers.race(*(message_in(severity, key, kind, minute) for severity, kind, minute in order))
        (alerts,) = workers.alerts(key)
        assert [severity for severity, state in alerts if state == "TRIGGERED"] == ["CRITICAL"]
        workers.post(message_in("OK", key, "FIRING_TO_OK", 2))
        (alerts,) = workers.alerts(key)
        assert {state for _, state in alerts} == {"RESOLVED"}


def test_one_batch_at_both_workers_is_one_alert_a_record(workers):
    firings = [with_key(FIRING) for _ in range(5)]
    batch = {"headers": {}, "text": json.dumps(firings)}
    workers.race(batch, batch)
    assert workers.alerts(*(each["dedupeKey"] for each in firings)) == [[("CRITICAL", "TRIGGERED")]] * len(firings)
