"""SpaceONE's processing of events, as in the code of its monitoring service.

https://github.com/cloudforet-io/monitoring/blob/master/src/spaceone/monitoring/service/event_service.py
https://github.com/cloudforet-io/monitoring/blob/master/src/spaceone/monitoring/manager/event_rule_manager.py
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from spaceone.core import utils

from plugin.model.event import EventType, Severity

ERROR_TITLE = "Webhook Event Parsing Error"
URGENT = {Severity.CRITICAL.value, Severity.ERROR.value}
WINDOW = 600  # seconds since an alert's last ALERT in which events of its key join it; DUPLICATE_EVENT_TIME

INFO = "additional_info."
RULE_KEYS = (
    "title",
    "description",
    "rule",
    "severity",
    "resource",
    "account",
    "webhook_id",
    "project_id",
)  # and additional_info.<key>
ADDED = ("webhook_id", "project_id")  # by SpaceONE itself
OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda found, value: found == value,
    "contain": lambda found, value: value.lower() in found.lower(),
    "not": lambda found, value: found != value,
    "not_contain": lambda found, value: value.lower() not in found.lower(),
}


class Effect(Enum):
    """What an event does to the alerts of a project."""

    OPENS = "opens"
    JOINS = "joins"
    CLOSES = "closes"
    DROPPED = "dropped"  # a recovery without an open alert is not stored


class Alerts:
    """The open alerts by key, if every event arrives within the window and auto recovery is on."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def is_open(self, key: str) -> bool:
        """Say whether the alert of a key is open."""
        return key in self._open

    def take(self, event: Mapping[str, Any]) -> Effect:
        """Apply an event, and return its effect."""
        key, is_over = event["event_key"], event["event_type"] == EventType.RECOVERY.value
        if key not in self._open:
            if is_over:
                return Effect.DROPPED
            self._open.add(key)
            return Effect.OPENS
        if is_over:
            self._open.remove(key)
            return Effect.CLOSES
        return Effect.JOINS


def is_urgent(severity: str) -> bool:
    """Say whether an alert of a severity is of high urgency."""
    return severity in URGENT


def resources(event: Mapping[str, Any]) -> list[str]:
    """Return the names of an alert's resources."""
    return [*event["resources"], *filter(None, [event["resource"].get("name")])]


@dataclass(frozen=True)
class Condition:
    """One condition of an event rule."""

    key: str
    operator: str
    value: str

    @property
    def is_supported(self) -> bool:
        """Whether SpaceONE accepts it in a rule."""
        return (
            bool(self.value) and self.operator in OPERATORS and (self.key in RULE_KEYS or fnmatch.fnmatch(self.key, f"{INFO}*"))
        )

    def find(self, event: Mapping[str, Any]) -> Any:
        """Return the event's value of its key, or None."""
        return utils.get_dict_value(_as_asked(event), self.key)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether it matches an event. No operator matches a missing value."""
        found = self.find(event)
        return isinstance(found, str) and self.operator in OPERATORS and OPERATORS[self.operator](found, self.value)


def keys_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of an event by condition key."""
    keys = [*RULE_KEYS, *(f"{INFO}{name}" for name in event["additional_info"])]
    found = {key: Condition(key, "eq", "").find(event) for key in keys}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _as_asked(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as rules see it: without the resource and without empty fields."""
    present = {name: value for name, value in event.items() if value and name != "resource"}
    return {"account": "", **present}
