"""SpaceONE as it is served: the real monitoring service, the plugin in processes, Redis, and the relay.

It is the slow target, where nothing is a model. The scenario lies in the past, so that the plugin's clock, which is the real one,
is never behind a message. What the plugin remembers it forgets after three real hours, which are longer than the scenario's.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitoring import PYTHON, Monitoring
from plugin.connector.redis_memory import RETRY_INTERVAL
from plugin_process import UNSPACED, Served, serve
from simulation.messages import body_of, headers_of, key_of
from simulation.oci import Published
from simulation.scenario import Scenario, Trouble
from simulation.target import Alert, Reply
from standin.redis_server import RedisServer, redis_server
from standin.relay_process import relay

SERVICE = Path(__file__).with_name("platform_service.py")
OPENED = "create_alert_notification"
# A scenario of days passes in seconds, in which the plugin would keep the events of one alarm apart.
ALONE, PAIR = "alone", ("first", "second")  # names of plugins; the pair shares a Redis


class Services:
    """The processes, started when a scenario first needs them, and ended with the context."""

    def __init__(self, folder: Path, database: str, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._plugins: dict[str, Served] = {}
        self._serving: list[str] = []  # the names of a scenario's plugins
        self._turn = itertools.count()
        self._relay = ExitStack()
        self.redis: RedisServer | None = None
        self.platform = self._start_platform(self._start_plugin(ALONE), database)

    def begin(self, scenario: Scenario) -> str:
        """Make ready for a scenario, and return the URL that ONS posts to."""
        self.end_relay()
        self._serving = [ALONE] if scenario.replicas == 1 else [*PAIR]
        if scenario.replicas > 1 and not self.redis:
            self.redis = self._stack.enter_context(redis_server(self._folder))
        for name in self._serving:
            if name not in self._plugins:
                self._start_plugin(name)
        self._balance(self._serving)
        self._url: str = self.platform.begin(options={"escalation": scenario.escalation}, window=scenario.window)
        return self.begin_relay() if scenario.relayed else self._url

    def replace_plugin(self) -> None:
        """Restart the replica whose turn it is, as Kubernetes does: it first gets no more messages."""
        name = self._serving[next(self._turn) % len(self._serving)]
        self._balance([each for each in self._serving if each != name])
        self._plugins[name].process.send_signal(signal.SIGTERM)
        self._plugins[name].process.wait(20)
        self._start_plugin(name)
        self._balance(self._serving)

    def kill_plugin(self) -> None:
        """Kill the one that serves alone."""
        self._plugins[ALONE].process.kill()
        self._plugins[ALONE].process.wait(20)

    def start_plugin(self) -> None:
        """Start again the one that serves alone."""
        self._start_plugin(ALONE)

    def begin_relay(self) -> str:
        """Serve the relay, and return its URL."""
        endpoint = self._relay.enter_context(relay(self._url, self._folder / "relay"))
        return f"http://127.0.0.1:{endpoint.port}/webhook/oci"

    def end_relay(self) -> None:
        """Kill the relay, if there is one."""
        self._relay.close()

    def close(self) -> None:
        """End the plugins and the relay."""
        self.end_relay()
        for plugin in self._plugins.values():
            plugin.process.kill()
            plugin.process.wait(15)

    def _balance(self, names: list[str]) -> None:
        self.platform.replicas(endpoints=[self._plugins[name].target for name in names])

    def _start_plugin(self, name: str) -> Served:
        """Serve a plugin, on its port if it has had one."""
        port = 0
        if before := self._plugins.get(name):
            port = before.port
            before.process.kill()  # it has ended already, but where a scenario was broken off
            before.process.wait(15)
        state = {"ONS_STATE_URL": self.redis.url} if name in PAIR and self.redis else {}
        environment = {"ONS_LOG_LEVEL": "ERROR", **state}
        with serve(self._folder / name, environment, port=port, keep=True, command=UNSPACED) as plugin:
            self._plugins[name] = plugin
        return plugin

    def _start_platform(self, plugin: Served, database: str) -> Monitoring:
        command = [str(PYTHON), "-W", "ignore", str(SERVICE), "--plugin", plugin.target]
        command += ["--upgraded", "1.0", "--database", database]
        pipe = subprocess.PIPE
        started = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, encoding="utf-8")
        process = self._stack.enter_context(started)
        self._stack.callback(process.kill)
        return Monitoring(process)


@contextmanager
def services(folder: Path, database: str) -> Iterator[Services]:
    """Start SpaceONE, on the database of a URL (mongomock if it is ""), and a plugin."""
    with ExitStack() as stack:
        started = Services(folder, database, stack)
        stack.callback(started.close)
        yield started


class Real:
    """A `target.Target` of served parts."""

    def __init__(self, scenario: Scenario, parts: Services) -> None:
        self._scenario, self._parts, self._run = scenario, parts, uuid.uuid4().hex[:6]
        minutes = timedelta(minutes=scenario.minutes, days=1)
        self._start = datetime.now(UTC).replace(second=0, microsecond=0) - minutes
        self._url: str = parts.begin(scenario)
        self._ends: list[tuple[int, str]] = []  # of troubles

    def deliver(self, second: int, published: Published) -> Reply:
        """See `target.Target`."""
        for end, what in sorted(self._ends):
            if end <= second:
                self._ends.remove((end, what))
                self._recover(what)
        body = body_of(published, self._scenario, self._start, self._run)
        headers = headers_of(published, self._start, self._run) if self._scenario.relayed else {}
        answer = self._parts.platform.deliver(second=second, body=body, url=self._url, headers=headers)
        return Reply(answer["status"], tuple(map(_alert, answer["changed"])))

    def suffer(self, trouble: Trouble) -> bool:
        """See `target.Target`."""
        what, parts = trouble.what, self._parts
        if any(each == what for _, each in self._ends):
            self._ends = [
                (max(end, trouble.second + trouble.seconds) if each == what else end, each) for end, each in self._ends
            ]
            return what != "relay"
        if what == "plugin" and self._scenario.replicas > 1:
            parts.replace_plugin()
            return False
        if what == "plugin":
            parts.kill_plugin()
        elif what == "redis" and parts.redis:
            parts.redis.kill()
        elif what == "relay" and self._scenario.relayed:
            parts.end_relay()
        else:
            return False
        self._ends.append((trouble.second + trouble.seconds, what))
        return what != "relay"

    def alerts(self) -> list[Alert]:
        """See `target.Target`."""
        for _, what in self._ends:
            self._recover(what)
        return [_alert(each) for each in self._parts.platform.stored_alerts()]

    def notifications(self) -> dict[str, int]:
        """See `target.Target`."""
        return Counter(each["alert_id"] for each in self._parts.platform.notifications() if each["method"] == OPENED)

    def _recover(self, what: str) -> None:
        if what == "plugin":
            self._parts.start_plugin()
        elif what == "redis" and self._parts.redis:
            self._parts.redis.start()
            time.sleep(RETRY_INTERVAL + 0.5)  # until then the plugins pass everything, which is a moment of a scenario's time
        elif what == "relay":
            self._url = self._parts.begin_relay()


def _alert(alert: dict[str, Any]) -> Alert:
    return Alert(alert["id"], key_of(alert["title"]), alert["severity"], alert["state"], alert["title"])
