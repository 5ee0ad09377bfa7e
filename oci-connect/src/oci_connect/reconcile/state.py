"""The states of alarms in OCI, their records in SpaceONE, and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

FIRING, OK, SUSPENDED, GONE, UNKNOWN = "FIRING", "OK", "SUSPENDED", "GONE", "UNKNOWN"
SEVERITIES = ("INFO", "WARNING", "ERROR", "CRITICAL")  # rising
OPEN = ("TRIGGERED", "ACKNOWLEDGED")  # states of an alert


class Subject(NamedTuple):
    """An alarm by its OCID, or one stream of a split alarm by its dimensions. Never by title, which is not unique."""

    alarm: str
    stream: tuple[tuple[str, str], ...] = ()  # sorted; empty: the whole alarm


@dataclass(frozen=True)
class Condition:
    """The state of a subject in OCI. `since` is the time of the transition, by OCI's clock."""

    status: str
    since: datetime | None = None
    severity: str = ""
    name: str = ""
    is_split: bool = False  # the alarm's streams have separate conditions
    is_suppressed: bool = False
    is_enabled: bool = True
    reason: str = ""  # why it is UNKNOWN


@dataclass(frozen=True)
class Event:
    """An event that SpaceONE has stored. `occurred` is OCI's time, `stored` is SpaceONE's."""

    key: str
    is_alert: bool
    occurred: datetime
    stored: datetime
    alert: str
    raw: Mapping[str, Any]
    alarm: str = ""  # additional_info.alarm_id
    description: str = ""

    @property
    def severity(self) -> str:
        """The severity in the key with `escalation: separate`, or ""."""
        end = self.key.rpartition("/")[2]
        return end if "/" in self.key and end in SEVERITIES else ""

    @property
    def alarm_key(self) -> str:
        """The key without its severity: Oracle's `dedupeKey`."""
        return self.key.removesuffix(f"/{self.severity}") if self.severity else self.key


@dataclass(frozen=True)
class Alert:
    """An alert of SpaceONE with its newest events, the newest first."""

    id: str
    title: str
    state: str
    opened: datetime
    resolved: datetime | None = None
    events: tuple[Event, ...] = ()
    is_ours: bool = True  # False: another webhook of the project opened it

    @property
    def firings(self) -> list[Event]:
        """Its ALERT events."""
        return [event for event in self.events if event.is_alert]

    @property
    def severity(self) -> str:
        """See `Event.severity`."""
        return next((event.severity for event in self.events), "")

    @property
    def alarm_key(self) -> str:
        """See `Event.alarm_key`."""
        return next((event.alarm_key for event in self.events), "")

    @property
    def last_firing(self) -> datetime:
        """When SpaceONE stored the newest firing: the platform's window begins here."""
        return max((event.stored for event in self.firings), default=self.opened)


@dataclass(frozen=True)
class Record:
    """What SpaceONE has stored of a subject: its open alerts, its newest events, and when a person resolved it last."""

    open: tuple[Alert, ...] = ()
    events: tuple[Event, ...] = ()
    overruled: datetime | None = None
    is_elsewhere: bool = False  # another webhook of the project has it open: SpaceONE joins their messages by the key


class Kind(StrEnum):
    """The kind of a decision."""

    AGREE = "agree"
    ALIVE = "alive"
    STALE = "stale"
    MISSING = "missing"
    DOUBLE = "double"
    SEVERITY = "severity"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    DISABLED = "disabled"
    GONE = "gone"
    HELD = "held"
    UNKNOWN = "unknown"


DRIFT = (Kind.STALE, Kind.MISSING, Kind.DOUBLE, Kind.SEVERITY, Kind.FAILED, Kind.DISABLED, Kind.GONE)


@dataclass(frozen=True)
class Post:
    """A message to the webhook, made of a stored one and dated by OCI's transition."""

    kind: str  # OK_TO_FIRING, REPEAT, FIRING_TO_OK
    raw: Mapping[str, Any]
    since: datetime
    severity: str = ""


@dataclass(frozen=True)
class Decision:
    """A decision: post a message, then resolve the alerts that are still open."""

    kind: Kind
    subject: Subject
    name: str
    reason: str
    since: datetime | None = None
    post: Post | None = None
    resolve: tuple[Alert, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The settings of a cycle."""

    settle: timedelta = timedelta(minutes=5)  # a newer state may still arrive as a message
    resolves: bool = True  # False: the project's recovery mode is MANUAL
    posts: bool = True  # False: the webhook requires signatures
    keep_alive: bool = True
    gone: bool = False
