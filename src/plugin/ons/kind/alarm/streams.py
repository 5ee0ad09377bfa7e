"""The metric streams of an alarm: what each is about, and its value."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugin.model.event import Resource
from plugin.ons import identifiers
from plugin.ons.kind.alarm.units import unit
from plugin.ons.read import Reader
from plugin.ons.text import MOST_LINES, measured, shorten_middle

# The dimensions that name a resource, the best first; each service of Oracle's has its own.
NAMES = (
    "resourceDisplayName",
    "resourceName",
    "instanceName",
    "lbName",
    "hostName",
    "host",
    "containerName",
    "bucketName",
    "displayName",
)
IDS = ("resourceId", "resourceID", "instanceId")
ID_PREFIX = "resourceId_"
PARTS = (  # the dimensions that name a part of a resource, which a person must know too
    "mountPoint",
    "fileSystemName",
    "filesystem",
    "diskName",
    "device",
    "interface",
    "backendSetName",
    "listenerName",
    "queueName",
    "channelId",
    "podName",
    "namespace",
    "tablespaceName",
    "topicName",
)
LONGEST_LABEL = 120  # characters
MOST_TELLING = 3  # dimensions that call a stream without a name
BACKGROUND = ("region", "availabilityDomain", "faultDomain", "shape", "instancePoolId")  # these name nothing

# `CpuUtilization[1m]{…}.mean() > 80`: https://docs.oracle.com/en-us/iaas/Content/Monitoring/Reference/mql.htm
_METRIC = re.compile(r"[\s(]*([A-Za-z_]\w*)")
_STATISTIC = re.compile(r"\.([a-z]+)\(")


@dataclass(frozen=True)
class Stream:
    """One metric stream; each text is empty where the message does not tell.

    `value` is exact, as Oracle wrote it. `resource_id` is an OCID or another id, in the case that Oracle wrote it; `name` is
    the resource's name, else its id.
    """

    dimensions: Mapping[str, str] = field(default_factory=dict)
    metric: str = ""
    value: str = ""
    unit: str = ""
    resource_id: str = ""
    name: str = ""

    def line(self, label: str) -> str:
        """`- web-server-01: CpuUtilization = 85.5 %`, or as much of it as is known."""
        value = measured(self.value, self.unit) if self.value else ""
        measurement = " = ".join(filter(None, (self.metric, value))) if value else ""
        known = ": ".join(filter(None, (label, measurement)))
        return f"- {known}" if known else ""


def sent(metas: Iterable[Reader]) -> list[Stream]:
    """Read the streams of `alarmMetaData`: `dimensions` and, beside each, `metricValues`."""
    streams = []
    for meta in metas:
        query = meta.text("query")
        dimensions, values = meta.objects("dimensions"), meta.items("metricValues")
        for i in range(max(len(dimensions), len(values))):
            texts = dimensions[i].texts() if i < len(dimensions) else {}
            metric, statistic, value = _measurement(values[i], query, meta) if i < len(values) else (metric_name(query), "", "")
            if texts or value:
                streams.append(_stream(texts, metric, value, unit(metric, statistic)))
    return streams


def specified(fields: Reader) -> list[Stream]:
    """Read the streams of `metricData`: name, dimensions, value and unit each."""
    streams = []
    for data in fields.objects("metricData"):
        metric, value, own_unit = data.text("name"), data.text("value"), data.text("unit")
        texts = data.object("dimensions").texts()
        if texts or metric or value:
            streams.append(_stream(texts, metric, value, unit(metric, own_unit=own_unit)))
    return streams


def resource(streams: Iterable[Stream]) -> Resource | None:
    """Return the resource of the first stream, or None if it tells none."""
    for stream in streams:
        return Resource(identifiers.lower(stream.resource_id), stream.name) if stream.name else None
    return None


def names(streams: Iterable[Stream]) -> list[str]:
    """Return the distinct names of the streams' resources, in their order."""
    return list(dict.fromkeys([stream.name for stream in streams if stream.name]))


def labels(streams: Sequence[Stream]) -> list[str]:
    """Return what a person calls each of the first MOST_LINES streams: no two alike where the streams differ.

    A label is the resource's name, with the part of it that the metric is about (`web-01, mountPoint /data`). Where labels
    are the same, the dimensions that differ are written behind them.
    """
    shown = streams[:MOST_LINES]
    by_label: dict[str, list[int]] = defaultdict(list)
    for i, stream in enumerate(shown):
        by_label[_label(stream)].append(i)
    written = [""] * len(shown)
    for label, places in by_label.items():
        differing = _differing([shown[i].dimensions for i in places]) if len(places) > 1 else []
        for i in places:
            full = ", ".join(filter(None, (label, *_listed(shown[i].dimensions, differing))))
            written[i] = shorten_middle(full, LONGEST_LABEL)
    return _numbered(written, shown)


def _numbered(labels: list[str], streams: Sequence[Stream]) -> list[str]:
    """Number the labels of streams that differ and are still called alike."""
    of_label: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    numbered = []
    for label, stream in zip(labels, streams, strict=True):
        others = of_label[label]
        if label and stream.dimensions not in others:
            others.append(stream.dimensions)
        number = others.index(stream.dimensions) + 1 if label else 1
        numbered.append(f"{label} #{number}" if number > 1 else label)
    return numbered


def metric_name(query: str) -> str:
    """Return the metric that a query, or the key of a metric value, begins with."""
    match = _METRIC.match(query)
    return match[1] if match else ""


def _stream(dimensions: Mapping[str, str], metric: str, value: str, unit: str) -> Stream:
    resource_id = _first(dimensions, IDS) or _first(dimensions, [key for key in dimensions if key.startswith(ID_PREFIX)])
    return Stream(dimensions, metric, value, unit, resource_id, _first(dimensions, NAMES) or resource_id)


def _first(dimensions: Mapping[str, str], keys: Iterable[str]) -> str:
    for key in keys:
        if value := dimensions.get(key):
            return value
    return ""


def _label(stream: Stream) -> str:
    """Return the name of a stream and its part; a stream without a name is called by its dimensions that are no OCID."""
    dimensions = stream.dimensions
    parts = _listed(dimensions, [key for key in PARTS if key in dimensions])
    if stream.name and stream.name != stream.resource_id:
        return ", ".join((stream.name, *parts))
    telling = [key for key in dimensions if key not in BACKGROUND and not identifiers.resource_type(dimensions[key])]
    telling = [key for key in telling if dimensions[key] != stream.resource_id][:MOST_TELLING]
    return ", ".join(_listed(dimensions, telling)) or identifiers.shortened(stream.resource_id)


def _differing(group: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the dimensions in which streams differ: those that are no OCID if they tell all apart, else all."""
    keys = sorted({key for dimensions in group for key in dimensions})
    differing = [key for key in keys if len({dimensions.get(key) for dimensions in group}) > 1]
    readable = [key for key in differing if not any(identifiers.resource_type(each.get(key, "")) for each in group)]
    told_apart = {tuple(dimensions.get(key) for key in readable) for dimensions in group}
    return readable if len(told_apart) == len(group) else differing


def _listed(dimensions: Mapping[str, str], keys: Iterable[str]) -> list[str]:
    return [f"{key} {identifiers.shortened(value)}" for key in keys if (value := dimensions.get(key))]


def _measurement(value: Any, query: str, meta: Reader) -> tuple[str, str, str]:
    """Return metric, statistic and value out of `{"CpuUtilization[1m].mean()": "92"}` or a bare 92."""
    metric, expression = metric_name(query), query
    if isinstance(value, dict):
        expression = min(value, default="")  # the order of keys does not survive the way here
        metric = metric_name(expression) or metric
        value = value.get(expression)
    statistics = _STATISTIC.findall(expression)
    return metric, statistics[-1] if statistics else "", meta.scalar(value, "metricValues")
