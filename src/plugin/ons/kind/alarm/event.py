"""One alarm, whatever shape it came in, as one event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from plugin.model.event import Event, EventType
from plugin.ons import identifiers
from plugin.ons.kind import words
from plugin.ons.kind.alarm import streams as metric_streams
from plugin.ons.kind.alarm.streams import Stream
from plugin.ons.phrases import PHRASES
from plugin.ons.text import MOST_LINES, described, labelled, titled, unescape_html
from plugin.setting.option import Options

CONSOLE = "https://cloud.oracle.com/monitoring/alarms/"
CONSOLE_REALM = "oc1"  # other realms have other consoles
LONGEST_LINK = 1000  # a longer one is left out: cut, it would lead nowhere


def alarm_event(
    *,
    event_key: str,
    event_type: EventType,
    title: str,
    text: str,
    severity: str,
    alarm_id: str,
    url: str,
    query: str,
    account: str,
    streams: Sequence[Stream],
    occurred_at: datetime | None,
    info: Mapping[str, str],
    options: Options,
    summaries: Iterable[str] = (),
    rules: Sequence[str] = (),
    links: Sequence[str] = (),
    reset: bool = False,
    key_is_hash: bool = False,
) -> Event:
    """Return the one event of an alarm, however many streams it has: its recovery comes once for all of them.

    The parameters are what the shapes of an alarm have in common, each text empty where the message does not tell. `text`
    is the body that the alarm's author wrote. `rules` and `links` are those of further alarms in the same message. `reset`
    says that it recovered because its metric stopped.
    """
    phrases = PHRASES[options.language]
    labels = metric_streams.labels(streams)
    title = unescape_html(title) or phrases.alarm
    link = url if url.startswith(("https://", "http://")) else console_link(alarm_id)
    first = streams[0] if streams else Stream()
    if event_type is EventType.RECOVERY:
        head = [f"{phrases.reset if reset else phrases.recovered}: {title}", text]
    else:
        head = [f"[{words.severity(severity).value}] {text or title}"]
    region = first.dimensions.get("region") or identifiers.region(alarm_id)
    tail = [
        *(labelled(phrases.rule, rule) for rule in dict.fromkeys((query, *rules))),
        labelled(phrases.region, region),
        labelled(phrases.compartment, first.dimensions.get("compartmentName", "")),
    ]
    lines = [stream.line(label) for stream, label in zip(streams, labels, strict=False)]  # labels has those that are shown
    resource = metric_streams.resource(streams)
    return Event(
        event_key=event_key,
        event_type=event_type,
        title=titled(title, [*dict.fromkeys(filter(None, labels)), *[""] * max(len(streams) - MOST_LINES, 0)]),
        description=described(phrases, [*head, *summaries], lines, tail, (link, *links), max(0, len(streams) - MOST_LINES)),
        severity=words.severity(severity),
        severity_is_known=severity.upper() in words.SEVERITIES,
        provider=options.provider,
        resource=resource,
        resources=tuple([name for name in metric_streams.names(streams) if not resource or name != resource.name]),
        rule=query,
        account=account or options.account,
        occurred_at=occurred_at,
        key_is_hash=key_is_hash,
        additional_info={
            **info,
            "alarm_url": link if len(link) <= LONGEST_LINK else "",
            "alarm_id": alarm_id,
            "region": region,
            "metric_name": first.metric or metric_streams.metric_name(query),
            "metric_value": first.value,
            "unit": first.unit,
            "resource_id": identifiers.lower(first.resource_id),
            **{f"dim_{name}": value for name, value in first.dimensions.items()},
        },
    )


def console_link(alarm_id: str) -> str:
    """Return the console's page of an alarm in the realm that we know the console of, else ""."""
    if identifiers.realm(alarm_id) != CONSOLE_REALM:
        return ""
    region = identifiers.region(alarm_id)
    return f"{CONSOLE}{alarm_id}" + (f"?region={region}" if region else "")
