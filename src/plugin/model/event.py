"""The event that SpaceONE is told, written so that the platform can store it.

The field names are those of SpaceONE's EventInfo:
https://github.com/cloudforet-io/api/blob/master/proto/spaceone/api/monitoring/plugin/event.proto
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

RESOURCE_TYPE = "inventory.CloudService"
NAMELESS = "OCI"  # the title of what has no text at all: the platform stores no event without one

LONGEST_KEY = 255  # of an event
LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 4000
LONGEST_NAME = 255  # of a resource, a rule or an account
LONGEST_INFO_KEY = 100
LONGEST_INFO = 1000
MOST_INFO = 64
MOST_RESOURCES = 1000

_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN_WORDS = re.compile(r"\W+|_+")


class EventType(Enum):
    """The two types that the platform can store. It answers HTTP 500 to NONE, so NONE never becomes an event."""

    ALERT = "ALERT"
    RECOVERY = "RECOVERY"


class Severity(Enum):
    """The severities that the plugin uses, the highest first. Oracle's four have the same names."""

    CRITICAL = "CRITICAL"
    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class IgnoredReason(Enum):
    """Why a recognised message is ignored: a closed list."""

    NO_STATE_CHANGE = "no_state_change"  # INSUFFICIENT_DATA, or a status that is none of ours: SpaceONE's NONE
    METRIC_DATA = "metric_data"  # Connector Hub's monitoring source: data is no alarm
    OCI_EVENTS_IGNORED = "oci_events_ignored"  # the option oci_events says so
    OLDER_THAN_RECOVERY = "older_than_recovery"  # a firing delivered again after its recovery: a ghost
    OLDER_THAN_ALERT = "older_than_alert"  # a recovery delivered after the next firing


@dataclass(frozen=True)
class Ignored:
    """The outcome of a recognised message that becomes no event."""

    reason: IgnoredReason


@dataclass(frozen=True)
class Resource:
    """What an event is about."""

    resource_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event, in the plugin's own types.

    `occurred_at` is a time with an offset, or None if the message has none that can be read. `resources` are the
    names of further resources; the platform itself adds the name of `resource` to them. `unreadable` are the paths of
    fields that had to be left out. `key_is_hash` says that the message had no key of
    Oracle's, so that another tenant's may get the same.
    `severity_is_known` is false where the message had no severity that can be read.
    """

    event_key: str
    event_type: EventType
    title: str
    description: str
    severity: Severity
    provider: str = ""
    resource: Resource | None = None
    resources: tuple[str, ...] = ()
    rule: str = ""
    account: str = ""
    occurred_at: datetime | None = None
    additional_info: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    key_is_hash: bool = False
    severity_is_known: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the fields of EventInfo, each within what the platform can store.

        The texts are taken to hold no control character and no half of a surrogate pair: `ons.read` sees to that.
        """
        fields: dict[str, Any] = {
            "event_key": stored_key(self.event_key),
            "event_type": self.event_type.value,
            "title": shorten(" ".join(self.title.split()) or NAMELESS, LONGEST_TITLE),
            "description": shorten(self.description, LONGEST_DESCRIPTION) or NAMELESS,
            "severity": self.severity.value,
            "resource": {},
            "rule": shorten(self.rule, LONGEST_INFO),
            "additional_info": self._stored_info(),
            "provider": self.provider,
            "account": shorten(self.account, LONGEST_NAME),
            "resources": [shorten(name, LONGEST_NAME) for name in self.resources[:MOST_RESOURCES]],
        }
        if self.resource:
            fields["resource"] = {
                "resource_id": shorten(self.resource.resource_id, LONGEST_NAME),
                "name": shorten(self.resource.name, LONGEST_NAME),
                "resource_type": RESOURCE_TYPE,
            }
        if self.occurred_at:
            fields["occurred_at"] = iso8601(self.occurred_at)
        return fields

    @property
    def size(self) -> int:
        """About how many bytes the event takes in a reply."""
        return len(json.dumps(self.to_dict(), ensure_ascii=False).encode())

    def _stored_info(self) -> dict[str, str]:
        info = {"unreadable": ", ".join(self.unreadable), **self.additional_info} if self.unreadable else self.additional_info
        stored = {
            snake_case(key[:LONGEST_INFO_KEY]): value if len(value) <= LONGEST_INFO else shorten(value, LONGEST_INFO)
            for key, value in info.items()
            if value
        }
        stored.pop("", None)
        return stored if len(stored) <= MOST_INFO else dict(itertools.islice(stored.items(), MOST_INFO))


Outcome = Event | Ignored


def stored_key(event_key: str) -> str:
    """Return the key, or its SHA-256 in hexadecimal if it is longer than LONGEST_KEY."""
    if len(event_key) <= LONGEST_KEY:
        return event_key
    return hashlib.sha256(event_key.encode()).hexdigest()


def shorten(text: str, limit: int) -> str:
    """Return the text, cut to the limit with an ellipsis at its end if it is longer; nothing where there is no room."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…" if limit > 0 else ""


def iso8601(instant: datetime) -> str:
    """Write a time as `2024-01-15T10:30:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@functools.lru_cache(maxsize=1024)  # dimensions have few names; a longer one than LONGEST_INFO_KEY never comes here
def snake_case(name: str) -> str:
    """Write Oracle's `resourceDisplayName` as `resource_display_name`, without `.`, `$` or anything but word characters."""
    return _BETWEEN_WORDS.sub("_", _CAPITALS.sub("_", name)).strip("_").lower()
