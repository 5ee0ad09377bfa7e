"""Transform an alarm into one event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.model.event import Event, EventType, Severity
from plugin.ons import identifiers
from plugin.ons.kind import vocabulary
from plugin.ons.kind.alarm.labels import label_streams
from plugin.ons.kind.alarm.query import read_expression
from plugin.ons.kind.alarm.streams import Stream
from plugin.ons.phrases import PHRASES
from plugin.ons.text import MAX_LINES, describe, label_value, title_with, unescape_html, without_variables
from plugin.setting.option import Options

CONSOLE = "https://cloud.oracle.com/monitoring/alarms/"
CONSOLE_REALM = "oc1"  # other realms have other URLs
MAX_LINK = 1000  # a longer link is left out, because a cut one is useless


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
    summaries: Sequence[str] = ()
    rules: Sequence[str] = ()
    links: Sequence[str] = ()
    reset: bool = False


def alarm_event(alarm: Alarm, options: Options) -> Event:
    """Return one event for all streams of an alarm, because its recovery comes once for all of them."""
    phrases = PHRASES[options.language]
    streams = alarm.streams
    labels = label_streams(streams)
    names, hidden = list(dict.fromkeys(filter(None, labels))), max(len(streams) - MAX_LINES, 0)
    title = without_variables(unescape_html(alarm.title)) or phrases.alarm
    text, *summaries = (without_variables(unescape_html(each)) for each in (alarm.text, *alarm.summaries))
    known_severity = vocabulary.severity(alarm.severity)
    severity = known_severity or Severity.INFO
    link = alarm.url if alarm.url.startswith(("https://", "http://")) else console_link(alarm.alarm_id)
    first = streams[0] if streams else Stream()
    if alarm.event_type is EventType.RECOVERY:
        head = [f"{phrases.reset if alarm.reset else phrases.recovered}: {title}", text]
    else:
        head = [f"[{severity.value}] {text or title}"]
    region = first.dimensions.get("region") or identifiers.region(alarm.alarm_id)
    tail = [
        *(label_value(phrases.rule, rule) for rule in dict.fromkeys((alarm.query, *alarm.rules))),
        label_value(phrases.region, region),
        label_value(phrases.compartment, first.dimensions.get("compartmentName", "")),
    ]
    lines = [stream.line(label) for stream, label in zip(streams, labels, strict=False)]
    return Event(
        event_key=alarm.key,
        event_type=alarm.event_type,
        title=title_with(title, names and [*names, *[""] * hidden]),
        description=describe(phrases, [*head, *summaries], lines, tail, (link, *alarm.links), hidden),
        severity=severity,
        severity_is_known=known_severity is not None,
        resource=first.resource,
        resources=tuple(dict.fromkeys(stream.name for stream in streams if stream.name not in ("", first.name))),
        rule=alarm.query,
        account=alarm.account,
        occurred_at=alarm.occurred_at,
        key_is_hash=alarm.key_is_hash,
        additional_info={
            **alarm.info,
            "alarm_url": link if len(link) <= MAX_LINK else "",
            "alarm_id": alarm.alarm_id,
            "region": region,
            "metric_name": first.first.metric or read_expression(alarm.query).name,
            "metric_value": first.first.value,
            "unit": first.first.unit,
            "resource_id": identifiers.lower(first.resource_id),
            **{f"dim_{name}": value for name, value in first.dimensions.items()},
        },
    )


def console_link(alarm_id: str) -> str:
    """Return the alarm's page in the console of CONSOLE_REALM, or "" for another realm."""
    if identifiers.realm(alarm_id) != CONSOLE_REALM:
        return ""
    region = identifiers.region(alarm_id)
    return f"{CONSOLE}{alarm_id}" + (f"?region={region}" if region else "")
