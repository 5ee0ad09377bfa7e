"""SpaceONE as it is served: the real monitoring service, the plugin in processes of its own, Redis, and the relay.

It is the slow target, where nothing is a model. The story lies in the past, so that the plugin's clock, which is the real one,
is never behind a message. What the plugin remembers it forgets after three real hours, which are longer than the story's.
"""

from __future__ import annotations

import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from monitoring import PYTHON, Monitoring
from plugin.connector.redis_memory import PROBE_EVERY
from relay_process import relay
from simulation.messages import body_of, headers_of, key_of
from simulation.oci import Published
from simulation.story import Story, Trouble
from simulation.world import Alert, Reply
from standin.plugin_process import Served, serve
from standin.redis_server import RedisServer, redis_server

SERVICE = Path(__file__).with_name("platform_service.py")
OPENED = "create_alert_notification"


class Services:
    """The processes, started when a story first needs them, and ended with the context."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._plugins: list[Served] = []
        self._environment: dict[str, str] = {"ONS_LOG_LEVEL": "ERROR"}
        self.redis: RedisServer | None = None
        self._relay: ExitStack | None = None
        self._relay_port = 0
        self._turn = 0
        self._serve_plugin()
        self.platform = self._start_platform()

    def begin(self, story: Story) -> str:
        """Make ready for a story, and return the URL that ONS posts to."""
        self.end_relay()
        if story.replicas > 1 and self.redis is None:
            self.redis = self._stack.enter_context(redis_server(self._folder))
            self._environment["ONS_STATE_URL"] = self.redis.url
            self.restart_plugin(orderly=False)
            self._serve_plugin()
        endpoints = [plugin.target for plugin in self._plugins[: story.replicas]]
        self.platform.replicas(endpoints=endpoints)
        self._url: str = self.platform.begin(options={"escalation": story.escalation}, window=story.window)
        return self.begin_relay() if story.relayed else self._url

    def restart_plugin(self, *, orderly: bool) -> None:
        """Restart the replica whose turn it is; in an orderly way it first gets no more messages, as in Kubernetes."""
        number = self._turn % len(self._plugins)
        plugin, self._turn = self._plugins[number], self._turn + 1
        if orderly:
            self.platform.replicas(endpoints=[each.target for each in self._plugins if each is not plugin])
        plugin.process.send_signal(signal.SIGTERM if orderly else signal.SIGKILL)
        plugin.process.wait(20)
        with serve(self._folder / f"plugin-{number}", self._environment, port=plugin.port, keep=True) as again:
            self._plugins[number] = again
        self.platform.replicas(endpoints=[each.target for each in self._plugins])

    def kill_plugin(self) -> None:
        """Kill the only replica; restart_plugin starts it again."""
        self._plugins[0].process.kill()
        self._plugins[0].process.wait(20)

    def begin_relay(self) -> str:
        """Serve the relay, and return its URL."""
        self._relay = ExitStack()
        door = self._relay.enter_context(relay(self._url, self._folder / "relay"))
        return f"http://127.0.0.1:{door.port}/webhook/oci"

    def end_relay(self) -> None:
        """Kill the relay, if there is one."""
        if self._relay:
            self._relay.close()
        self._relay = None

    def close(self) -> None:
        """End the plugins and the relay."""
        self.end_relay()
        for plugin in self._plugins:
            plugin.process.kill()
            plugin.process.wait(15)

    def _serve_plugin(self) -> None:
        log = self._folder / f"plugin-{len(self._plugins)}"
        with serve(log, self._environment, keep=True) as plugin:
            self._plugins.append(plugin)

    def _start_platform(self) -> Monitoring:
        command = [PYTHON, "-W", "ignore", SERVICE, "--plugin", self._plugins[0].target, "--upgraded", "1.0"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, encoding="utf-8")
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return Monitoring(process)


@contextmanager
def services(folder: Path) -> Iterator[Services]:
    """Start SpaceONE and a plugin."""
    with ExitStack() as stack:
        started = Services(folder, stack)
        stack.callback(started.close)
        yield started


class Real:
    """A `world.Target` of served parts."""

    def __init__(self, story: Story, parts: Services) -> None:
        self._story, self._parts, self._run = story, parts, uuid.uuid4().hex[:6]
        minutes = timedelta(minutes=story.minutes, days=1)
        self._start = datetime.now(timezone.utc).replace(second=0, microsecond=0) - minutes
        self._url: str = parts.begin(story)
        self._ends: list[tuple[int, str]] = []  # of troubles

    def deliver(self, second: int, published: Published) -> Reply:
        """See `world.Target`."""
        for end, what in sorted(self._ends):
            if end <= second:
                self._ends.remove((end, what))
                self._recover(what)
        body = body_of(published, self._story, self._start, self._run)
        headers = headers_of(published, self._start, self._run) if self._story.relayed else {}
        answer = self._parts.platform.deliver(second=second, body=body, url=self._url, headers=headers)
        return Reply(answer["status"], tuple(map(_alert, answer["changed"])))

    def suffer(self, trouble: Trouble) -> bool:
        """See `world.Target`."""
        what, parts = trouble.what, self._parts
        if any(each == what for _, each in self._ends):
            self._ends = [(max(end, trouble.second + trouble.seconds) if each == what else end, each) for end, each in self._ends]
            return what != "relay"
        if what == "plugin" and self._story.replicas > 1:
            parts.restart_plugin(orderly=True)
            return False
        if what == "plugin":
            parts.kill_plugin()
        elif what == "redis" and parts.redis:
            parts.redis.kill()
        elif what == "relay" and self._story.relayed:
            parts.end_relay()
        else:
            return False
        self._ends.append((trouble.second + trouble.seconds, what))
        return what != "relay"

    def alerts(self) -> list[Alert]:
        """See `world.Target`."""
        for _, what in self._ends:
            self._recover(what)
        return [_alert(each) for each in self._parts.platform.stored_alerts()]

    def notifications(self) -> dict[str, int]:
        """See `world.Target`."""
        return Counter(each["alert_id"] for each in self._parts.platform.notifications() if each["method"] == OPENED)

    def _recover(self, what: str) -> None:
        if what == "plugin":
            self._parts.restart_plugin(orderly=False)
        elif what == "redis" and self._parts.redis:
            self._parts.redis.start()
            time.sleep(PROBE_EVERY + 0.5)  # until then the plugins pass everything, which is a moment of a story's time
        elif what == "relay":
            self._url = self._parts.begin_relay()


def _alert(alert: dict[str, Any]) -> Alert:
    return Alert(alert["id"], key_of(alert["title"]), alert["severity"], alert["state"], alert["title"])
