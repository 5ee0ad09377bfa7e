"""An alarm, whatever shape it came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plugin.model.event import EventType
from plugin.ons.kind.alarm.streams import Stream


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What the shapes of an alarm have in common; each text is empty where the message does not tell.

    `text` is the body that the alarm's author wrote. `rules` and `links` are those of further alarms in the same message.
    `reset` says that it recovered because its metric stopped, `key_is_hash` that the message had no key of Oracle's. `info` is
    what the shape alone tells, for additional_info.
    """

    key: str
    key_is_hash: bool
    event_type: EventType
    title: str
    text: str
    severity: str
    alarm_id: str
    url: str
    query: str
    account: str
    streams: Sequence[Stream]
    occurred_at: datetime | None
    info: Mapping[str, str]
    summaries: Sequence[str] = field(default=())
    rules: Sequence[str] = field(default=())
    links: Sequence[str] = field(default=())
    reset: bool = False
