"""What happens, as data: alarms and the traces of their metrics, how each message is delivered, and what fails meanwhile.

A scenario is complete: it is run without a source of chance, it can be written as JSON and read again, and whatever is left out
of it is the quiet case. Times are whole seconds or minutes since its start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, NamedTuple

Level = Literal[0, 1, 2] | None  # of a metric: above no rule, the first, the second; None: there is no data point
GUIDES_WINDOW = 2_764_800  # seconds: 32 days; docs/en/OPERATOR.md says why
REST = 130  # minutes after the last change: ONS has tried for two hours by then
FIRST_DELAY = 2  # seconds that ONS needs for a message that is not held up


class Stretch(NamedTuple):
    """So many minutes in which a metric stays at one level."""

    minutes: int
    level: Level


class Change(NamedTuple):
    """What an operator does to an alarm: suppress, resume, disable, enable, delete, or edit.

    An edit moves each severity one step up the ladder, and CRITICAL to INFO.
    """

    minute: int
    what: str


@dataclass(frozen=True)
class Alarm:
    """An alarm of OCI Monitoring.

    `severities` belong to its one or two rules, the lower first; `streams` are the traces of its metric streams. It fires
    once a rule has been met for `pending` minutes, and says so again every `repeat` minutes (0: never). With `absent` it
    fires where there is no data. `sample` names the captured message that its own look like (messages.SAMPLES).
    """

    streams: tuple[tuple[Stretch, ...], ...]
    severities: tuple[str, ...] = ("CRITICAL",)
    split: bool = False
    pending: int = 1
    repeat: int = 5
    absent: bool = False
    sample: str = "compute"
    changes: tuple[Change, ...] = ()


class Step(NamedTuple):
    """A change of a Cloud Guard problem (problemdetected, …), a budget's alert (ACTUAL, …), or a pair of OCI events (oci.PAIRS)."""

    minute: int
    what: str


class Trouble(NamedTuple):
    """Something that fails at a second: platform (it answers nothing), plugin, redis or relay; for so many seconds."""

    second: int
    what: str
    seconds: int = 0


@dataclass(frozen=True)
class Scenario:
    """All that happens. `deliveries` has the seconds after which the copies of a message come, where that is not once and soon.

    `window` is SpaceONE's DUPLICATE_EVENT_TIME in seconds. `replicas` of the plugin share a Redis if there are two.
    """

    minutes: int
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    problems: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    budgets: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    pairs: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    deliveries: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    window: int = GUIDES_WINDOW
    escalation: str = "join"
    replicas: int = 1
    relayed: bool = False
    seed: int = 0

    def to_json(self) -> str:
        """Write the scenario; what has its usual value is left out."""
        return json.dumps(_sparse(asdict(self), Scenario))

    @staticmethod
    def from_json(text: str) -> Scenario:
        """Read a scenario."""
        data = json.loads(text)
        data = data.get("scenario", data)  # a kept scenario has a sentence and an expected verdict beside it
        return Scenario(
            alarms={name: _alarm(each) for name, each in data.pop("alarms", {}).items()},
            deliveries={name: tuple(delays) for name, delays in data.pop("deliveries", {}).items()},
            troubles=_all(Trouble, data.pop("troubles", ())),
            problems={name: _all(Step, each) for name, each in data.pop("problems", {}).items()},
            budgets={name: _all(Step, each) for name, each in data.pop("budgets", {}).items()},
            pairs={name: _all(Step, each) for name, each in data.pop("pairs", {}).items()},
            **data,
        )


def _alarm(data: dict[str, Any]) -> Alarm:
    return Alarm(
        streams=tuple(_all(Stretch, stream) for stream in data.pop("streams")),
        severities=tuple(data.pop("severities", Alarm.severities)),
        changes=_all(Change, data.pop("changes", ())),
        **data,
    )


def _all(cls: type[Any], items: Any) -> tuple[Any, ...]:
    return tuple(cls(*item) for item in items)


def _sparse(data: dict[str, Any], cls: type[Any]) -> dict[str, Any]:
    usual = {each.name: each.default for each in fields(cls)}
    sparse = {name: value for name, value in data.items() if value != usual[name] and value != {}}
    if "alarms" in sparse:
        sparse["alarms"] = {name: _sparse(each, Alarm) for name, each in sparse["alarms"].items()}
    return sparse
