"""One alarm, whatever shape it came in, as one event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plugin.model.event import Event, EventType, shorten
from plugin.ons import ocid, state, stream
from plugin.ons.stream import Stream
from plugin.ons.wording import MOST_LINES, described, plain, titled

CONSOLE = "https://cloud.oracle.com/monitoring/alarms/"
NAMELESS = "OCI alarm"

LONGEST_LINK = 1000


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What the shapes of an alarm have in common; each text is empty where the message does not tell."""

    event_key: str
    event_type: EventType
    title: str
    text: str  # the body that the alarm's author wrote
    severity: str
    provider: str
    alarm_id: str = ""
    summary: str = ""
    url: str = ""
    query: str = ""
    account: str = ""
    closing: str = "Recovered"  # how a recovery is told
    streams: Sequence[Stream] = ()
    occurred_at: datetime | None = None
    info: Mapping[str, str] = field(default_factory=dict)

    def to_event(self) -> Event:
        """Return the one event of this alarm, however many streams it has: its recovery comes once for all of them."""
        names = stream.names(self.streams)
        title = plain(self.title) or NAMELESS
        url = link(self.url, self.alarm_id)
        recovered = self.event_type is EventType.RECOVERY
        head = [f"{self.closing}: {title}", self.text] if recovered else [self.text or title]
        return Event(
            event_key=self.event_key,
            event_type=self.event_type,
            title=titled(title, names),
            description=described(
                [*head, self.summary], [s.line for s in self.streams[:MOST_LINES]], url, max(0, len(self.streams) - MOST_LINES)
            ),
            severity=state.severity(self.severity),
            provider=self.provider,
            resource=(resource := stream.resource(self.streams)),
            resources=tuple(name for name in names if not resource or name != resource.name),
            rule=self.query,
            account=self.account,
            occurred_at=self.occurred_at,
            additional_info={**self.info, "alarm_url": url, **_measured(self)},
        )


def link(url: str, alarm_id: str) -> str:
    """Return the message's own link to the alarm, else the console's page of it, else ""."""
    if url.startswith(("https://", "http://")):
        return shorten(url, LONGEST_LINK)
    if not alarm_id:
        return ""
    region = ocid.region(alarm_id)
    return f"{CONSOLE}{alarm_id}" + (f"?region={region}" if region else "")


def _measured(alarm: Alarm) -> dict[str, str]:
    """Return what event rules match on: the alarm's place, and the first stream's metric and dimensions."""
    first = alarm.streams[0] if alarm.streams else Stream()
    return {
        "alarm_id": alarm.alarm_id,
        "region": first.dimensions.get("region") or ocid.region(alarm.alarm_id),
        "metric_name": first.metric or stream.metric_name(alarm.query),
        "metric_value": first.value,
        "unit": first.unit,
        "resource_id": first.resource_id,
        **{f"dim_{name}": value for name, value in first.dimensions.items()},
    }
