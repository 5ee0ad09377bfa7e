"""One alarm, whatever shape it came in, as one event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from plugin.model.event import Event, EventType, shorten
from plugin.ons import identifiers
from plugin.ons.kind import words
from plugin.ons.kind.alarm import streams as metric_streams
from plugin.ons.kind.alarm.streams import Stream
from plugin.ons.text import MOST_LINES, described, titled, unescape_html

CONSOLE = "https://cloud.oracle.com/monitoring/alarms/"
NAMELESS = "OCI alarm"

LONGEST_LINK = 1000


def alarm_event(
    *,
    event_key: str,
    event_type: EventType,
    title: str,
    text: str,
    severity: str,
    provider: str,
    alarm_id: str,
    url: str,
    query: str,
    account: str,
    streams: Sequence[Stream],
    occurred_at: datetime | None,
    info: Mapping[str, str],
    summary: str = "",
    closing: str = "Recovered",
) -> Event:
    """Return the one event of an alarm, however many streams it has: its recovery comes once for all of them.

    The parameters are what the shapes of an alarm have in common, each text empty where the message does not tell. `text`
    is the body that the alarm's author wrote; `closing` is how a recovery is told.
    """
    names = metric_streams.names(streams)
    title = unescape_html(title) or NAMELESS
    url = link(url, alarm_id)
    head = [f"{closing}: {title}", text] if event_type is EventType.RECOVERY else [text or title]
    more = max(0, len(streams) - MOST_LINES)
    resource = metric_streams.resource(streams)
    return Event(
        event_key=event_key,
        event_type=event_type,
        title=titled(title, names),
        description=described([*head, summary], [s.line for s in streams[:MOST_LINES]], url, more),
        severity=words.severity(severity),
        provider=provider,
        resource=resource,
        resources=tuple([name for name in names if not resource or name != resource.name]),
        rule=query,
        account=account,
        occurred_at=occurred_at,
        additional_info={**info, "alarm_url": url, **_measured(alarm_id, query, streams[0] if streams else Stream())},
    )


def link(url: str, alarm_id: str) -> str:
    """Return the message's own link to the alarm, else the console's page of it, else ""."""
    if url.startswith(("https://", "http://")):
        return shorten(url, LONGEST_LINK)
    if not alarm_id:
        return ""
    region = identifiers.region(alarm_id)
    return f"{CONSOLE}{alarm_id}" + (f"?region={region}" if region else "")


def _measured(alarm_id: str, query: str, first: Stream) -> dict[str, str]:
    """Return what event rules match on: the alarm's place, and the first stream's metric and dimensions."""
    return {
        "alarm_id": alarm_id,
        "region": first.dimensions.get("region") or identifiers.region(alarm_id),
        "metric_name": first.metric or metric_streams.metric_name(query),
        "metric_value": first.value,
        "unit": first.unit,
        "resource_id": first.resource_id,
        **{f"dim_{name}": value for name, value in first.dimensions.items()},
    }
