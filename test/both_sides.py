"""OCI and SpaceONE in this process, as far as reconcile asks: the SDK's answers in pages, and a model around the real plugin."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

from spaceone.core import config

from corpus.cases import FIXTURES, Plugin, arrived, load
from oci_connect.error import CommandError, Refusal
from oci_connect.reconcile.alarms import AlarmReader
from oci_connect.reconcile.cycle import Cycle
from oci_connect.reconcile.regions import Regions, concerned_by
from oci_connect.reconcile.state import Settings
from plugin.connector.local_memory import LocalMemory
from plugin.error import ERROR_ONS
from simulation.model import START, PluginAway
from simulation.reconciled import Recording, _SpaceOne

FIRING = load(FIXTURES / "alarm/firing_compute.json")
REGION = "us-phoenix-1"
WINDOW = 600
NOW = 24 * 3600  # seconds since START
HOUR, MINUTE = 3600, 60


class Killed(Exception):
    """The process ended before this call."""


class OciSide:
    """What `Connection` gives to a reader: alarms with their states and streams, in pages."""

    def __init__(self, world: World, region: str = REGION) -> None:
        self.world, self.region, self.page_size = world, region, 2
        self.alarms: dict[str, dict[str, Any]] = {}
        self.states: dict[str, list[dict[str, Any]]] = {}
        self.streams: dict[str, list[dict[str, Any]]] = {}
        self.elsewhere: set[str] = set()  # alarms that were moved to another compartment
        self.fails: dict[str, int] = {}  # call -> HTTP status, 0: no answer; "call page=2" is one of its pages
        self.asked: list[str] = []
        self.monitoring = SimpleNamespace(
            list_alarms=self._list_alarms,
            list_alarms_status=lambda compartment, **page: self._page(
                [e for each in self.states.values() for e in each], **page
            ),
            retrieve_dimension_states=lambda alarm, **page: self._page(self.streams.get(alarm, []), **page),
            get_alarm=self._get_alarm,
        )

    def ask(self, doing: str, call: Any, *positional: Any, **keywords: Any) -> Any:
        name = next(name for name, each in vars(self.monitoring).items() if each is call)
        name += f" page={keywords['page']}" if "page" in keywords else ""
        self.world.step(f"OCI {name}")
        self.asked.append(name)
        if name in self.fails:
            raise refusal(self.fails[name])
        return call(*positional, **keywords)

    def _list_alarms(self, compartment: str, **page: Any) -> Any:
        return self._page([each for ocid, each in self.alarms.items() if ocid not in self.elsewhere], **page)

    def _get_alarm(self, ocid: str) -> Any:
        if ocid not in self.alarms:
            raise refusal(404)
        return self._reply(self.alarms[ocid])

    def _page(self, items: list[Any], limit: int, page: str = "0") -> Any:
        end = int(page) + self.page_size
        more = {"has_next_page": True, "next_page": str(end)} if end < len(items) else {"has_next_page": False}
        return self._reply(items[int(page) : end], **more)

    def _reply(self, data: Any, **more: Any) -> Any:
        return SimpleNamespace(data=data, headers={"date": format_datetime(self.world.now, usegmt=True)}, **more)


def refusal(status: int) -> CommandError:
    """Return what the real connection raises."""
    if not status:
        return CommandError("OCI does not answer.")
    error = SimpleNamespace(status=status, code="Code", message="text", request_id="id")
    return Refusal("read", error, lambda text: text)


class World:
    """An OCI and a SpaceONE with one webhook; `second` is the time of both. Times are given as seconds ago."""

    resolved_while_firing: list[str]

    def __init__(
        self, options: dict[str, Any] | None = None, settings: Settings | None = None, regions: tuple[str, ...] = ()
    ) -> None:
        config.init_conf(package="plugin")
        self.options, self.settings = options or {}, settings or Settings()
        self._second, self.resolved_while_firing = NOW, []
        self.happens_at = self.steps = 0  # the number of the call before which something happens; 0: none
        self.happens: Callable[[str], object] = lambda _: None
        self.away = False
        self.restart()
        self._monitoring = Recording(WINDOW)
        self.oci = OciSide(self)
        self.sides = {REGION: self.oci, **{each: OciSide(self, each) for each in regions}}
        self.ocids: dict[str, str] = {}
        self.told: list[tuple[str, str]] = []
        self.topics: set[str] = set()

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self._second)

    def restart(self) -> None:
        """Let the plugin forget."""
        clock = lambda: float(self._second)  # noqa: E731 - the memory's clock
        self._plugin = Plugin(LocalMemory(spacing=0, clock=clock), clock=lambda _: self.now)

    def at(self, ago: float) -> datetime:
        return self.now - timedelta(seconds=ago)

    def step(self, what: str) -> None:
        """Count an outward call; end where the test wants it."""
        self.steps += 1
        if self.steps == self.happens_at:
            self.happens(what)

    def alarm(
        self, name: str, status: str, ago: float, *, severity: str = "CRITICAL", region: str = REGION, **fields: Any
    ) -> str:
        """Set an alarm's state in OCI, and for how many seconds it has had it."""
        ocid = self.ocids.setdefault(name, f"ocid1.alarm.oc1.{region}.{name.replace(' ', '')}")
        side = self.sides[region]
        side.alarms[ocid] = {"id": ocid, "displayName": name, "isEnabled": True, "destinations": [], **fields}
        state = {"id": ocid, "displayName": name, "severity": severity, "ruleName": "BASE", "status": status}
        side.states[ocid] = [{**state, "timestampTriggered": self.at(ago).isoformat()}]
        return ocid

    def message(
        self,
        name: str,
        kind: str = "OK_TO_FIRING",
        ago: float = 0,
        *,
        severity: str = "CRITICAL",
        key: str = "",
        title: str = "",
        **meta: Any,
    ) -> dict[str, Any]:
        """Return a message of an alarm; its title is its name."""
        body = copy.deepcopy(FIRING)
        body.pop("timestampEpochMillis")
        ocid = self.ocids.setdefault(name, f"ocid1.alarm.oc1.{REGION}.{name.replace(' ', '')}")
        body |= {"dedupeKey": key or f"key of {name}", "title": title or name, "type": kind, "severity": severity}
        if "dimensions" in meta:
            body["notificationType"] = "Split messages per metric stream"
        body["timestamp"] = self.at(ago).astimezone(UTC).isoformat().replace("+00:00", "Z")
        status = "OK" if kind in ("FIRING_TO_OK", "RESET") else "FIRING"
        body["alarmMetaData"][0] |= {"id": ocid, "severity": severity, "status": status, **meta}
        return body

    def deliver(self, body: dict[str, Any], ago: float = 0) -> None:
        """Deliver a message of some seconds ago."""
        self._second -= int(ago)
        try:
            self._post(body)
        finally:
            self._second += int(ago)

    def fire(self, name: str, ago: float, **more: Any) -> None:
        """Let ONS deliver a firing at the moment it is of."""
        self.deliver({**self.message(name, ago=ago, **more)}, ago)

    def _parse(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        self._monitoring.body = arrived(body)
        if self.away:
            raise PluginAway
        return self._plugin.parse(self.options, arrived(body))

    def _post(self, body: dict[str, Any]) -> None:
        try:
            events = self._parse(body)
        except ERROR_ONS as e:
            self._monitoring.fail(str(e.message))
            return
        for event in events:
            self._monitoring.take(event, self._second)

    def fires(self, key: str) -> bool:
        """Asked by the model for each alert that is resolved; tests here look for themselves."""
        return False

    @property
    def cycle(self) -> Cycle:
        """A reconciler that has just been started."""
        readers = [(region, AlarmReader(side, ["compartment"], sleep=lambda _: None)) for region, side in self.sides.items()]
        return Cycle(Regions(readers), Stepped(self), self.settings, concerns=concerned_by(self.topics), most_changes=100)

    def look(self) -> dict[str, str]:
        """Return the word of each alarm."""
        return {each.name: each.kind.value for each in self.cycle.look().decisions}

    def heal(self) -> Any:
        """Run a cycle."""
        return self.cycle.heal(lambda action, name, _: self.told.append((action, name)))

    def resolve_by_hand(self, title: str) -> None:
        """Resolve the alerts of a title as a person does."""
        for each in list(self._monitoring.alerts.values()):
            if each.title.startswith(title) and each.is_open:
                self._monitoring.alerts[each.id] = type(each)(each.id, each.key, each.severity, "RESOLVED", each.title)
                self._monitoring.resolved[each.id] = self._second

    def open_again(self, title: str, ago: float) -> None:
        """Double an open alert with its events, as two REST workers do with two deliveries at one moment."""
        monitoring = self._monitoring
        each = next(each for each in monitoring.alerts.values() if each.title.startswith(title) and each.is_open)
        twin = type(each)(f"{each.id}-twin", each.key, each.severity, each.state, each.title)
        monitoring.alerts[twin.id], monitoring.opened[twin.id] = twin, self._second - int(ago)
        monitoring.events[twin.id] = [type(e)(**{**vars(e), "alert": twin.id}) for e in monitoring.events[each.id]]

    @property
    def alerts(self) -> list[tuple[str, str, str]]:
        """Title, severity and state of each alert, sorted."""
        return sorted((each.title, each.severity, each.state) for each in self._monitoring.alerts.values())

    @property
    def open(self) -> list[str]:
        """The titles of the open alerts, sorted; without the resource that the plugin adds."""
        return sorted(each.title.partition(" (")[0] for each in self._monitoring.alerts.values() if each.state == "TRIGGERED")


class Stepped(_SpaceOne):
    """SpaceONE, each call of which is a step."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name in (
            "open_alerts",
            "error_alerts",
            "error_ids",
            "alert",
            "events_of_alarm",
            "notes",
            "note",
            "post",
            "resolve",
            "delete",
        ):
            self._target.step(f"SpaceONE {name}")
        return found


def nonsense() -> dict[str, Any]:
    """Return a message that the plugin refuses."""
    return json.loads('{"nonsense": 1}')  # type: ignore[no-any-return]
