"""The event for SpaceONE, within the limits of the platform.

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
DEFAULT_TITLE = "OCI"  # the platform requires a title

MAX_KEY = 255  # of an event
MAX_TITLE = 200
MAX_DESCRIPTION = 4000
MAX_NAME = 255  # of a resource or an account
MAX_INFO_KEY = 100
MAX_INFO = 1000  # of a rule, or of a value of additional_info
MAX_INFO_ENTRIES = 64
MAX_RESOURCES = 1000

_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN_WORDS = re.compile(r"\W+|_+")


class EventType(Enum):
    """The types that the platform can store. NONE would make it answer HTTP 500."""

    ALERT = "ALERT"
    RECOVERY = "RECOVERY"


class Severity(Enum):
    """The severities that the plugin uses, the highest first. Oracle's four have the same names."""

    CRITICAL = "CRITICAL"
    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class IgnoredReason(Enum):
    """Why a recognised message is ignored."""

    NO_STATE_CHANGE = "no_state_change"  # INSUFFICIENT_DATA, or an unknown status
    METRIC_DATA = "metric_data"  # from Connector Hub's monitoring source
    OCI_EVENTS_IGNORED = "oci_events_ignored"  # by the option oci_events
    OLDER_THAN_RECOVERY = "older_than_recovery"  # a firing delivered again after its recovery
    OLDER_THAN_ALERT = "older_than_alert"  # a recovery delivered after the next firing


@dataclass(frozen=True)
class Ignored:
    """A recognised message without an event."""

    reason: IgnoredReason


@dataclass(frozen=True)
class Resource:
    """The resource of an event."""

    resource_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event, in the plugin's own types.

    `occurred_at` is a time with an offset, or None if the message has no readable one. `resources` are the names of other
    resources; the platform adds the name of `resource`. `unreadable` are the paths of omitted fields. `key_is_hash`: the
    message had no key of Oracle's, so another tenant's event may have the same key. `severity_is_known` is false
    without a readable severity.
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

        The texts have no control characters or surrogates: `ons.read` removes them.
        """
        fields: dict[str, Any] = {
            "event_key": stored_key(self.event_key),
            "event_type": self.event_type.value,
            "title": shorten(" ".join(self.title.split()) or DEFAULT_TITLE, MAX_TITLE),
            "description": shorten(self.description, MAX_DESCRIPTION) or DEFAULT_TITLE,
            "severity": self.severity.value,
            "resource": {},
            "rule": shorten(self.rule, MAX_INFO),
            "additional_info": self._stored_info(),
            "provider": self.provider,
            "account": shorten(self.account, MAX_NAME),
            "resources": [shorten(name, MAX_NAME) for name in self.resources[:MAX_RESOURCES]],
        }
        if self.resource:
            fields["resource"] = {
                "resource_id": shorten(self.resource.resource_id, MAX_NAME),
                "name": shorten(self.resource.name, MAX_NAME),
                "resource_type": RESOURCE_TYPE,
            }
        if self.occurred_at:
            fields["occurred_at"] = iso8601(self.occurred_at)
        return fields

    @property
    def size(self) -> int:
        """The approximate number of bytes of the event in a reply."""
        return len(json.dumps(self.to_dict(), ensure_ascii=False).encode())

    def _stored_info(self) -> dict[str, str]:
        info = {"unreadable": ", ".join(self.unreadable), **self.additional_info} if self.unreadable else self.additional_info
        stored = {
            snake_case(key[:MAX_INFO_KEY]): value if len(value) <= MAX_INFO else shorten(value, MAX_INFO)
            for key, value in info.items()
            if value
        }
        stored.pop("", None)
        return stored if len(stored) <= MAX_INFO_ENTRIES else dict(itertools.islice(stored.items(), MAX_INFO_ENTRIES))


Outcome = Event | Ignored


def stored_key(event_key: str) -> str:
    """Return the key, or its SHA-256 in hexadecimal if it is longer than MAX_KEY."""
    if len(event_key) <= MAX_KEY:
        return event_key
    return hashlib.sha256(event_key.encode()).hexdigest()


def shorten(text: str, limit: int) -> str:
    """Return the text, cut to the limit with an ellipsis at its end if it is longer; "" for no limit above 0."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…" if limit > 0 else ""


def iso8601(instant: datetime) -> str:
    """Write a time as `2024-01-15T10:30:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@functools.lru_cache(maxsize=1024)  # callers pass at most MAX_INFO_KEY characters
def snake_case(name: str) -> str:
    """Write Oracle's `resourceDisplayName` as `resource_display_name`, without `.`, `$` or anything but word characters."""
    return _BETWEEN_WORDS.sub("_", _CAPITALS.sub("_", name)).strip("_").lower()
