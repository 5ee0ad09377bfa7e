"""An alarm, independent of its format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plugin.model.event import EventType
from plugin.ons.kind.alarm.streams import Stream


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """The fields of an alarm in either format; a text is empty if the message has none.

    `text` is the body written by the alarm's author. `rules` and `links` are those of other alarms in the same message.
    `reset`: it recovered because its metric stopped. `key_is_hash`: the message had no key of Oracle's. `info` are
    additional_info fields of one format.
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
