"""The metric streams of an alarm: what each is about, and its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.error import ERROR_FIELD
from plugin.model.event import Resource
from plugin.ons import read

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

# `CpuUtilization[1m]{…}.mean() > 80`: https://docs.oracle.com/en-us/iaas/Content/Monitoring/Reference/mql.htm
_METRIC = re.compile(r"[\s(]*([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Stream:
    """One metric stream; each text is empty where the message does not tell."""

    dimensions: Mapping[str, str] = field(default_factory=dict)
    metric: str = ""
    value: str = ""
    unit: str = ""
    resource_id: str = ""  # the resource's OCID or other id, in the case that Oracle wrote it
    name: str = ""  # the resource's name, else its id

    @property
    def line(self) -> str:
        """`- web-server-01: CpuUtilization = 85.5 percent`, or as much of it as is known."""
        value = " ".join(filter(None, (self.value, self.unit)))
        measured = " = ".join(filter(None, (self.metric, value))) if value else ""
        known = ": ".join(filter(None, (self.name, measured)))
        return f"- {known}" if known else ""


def sent(body: read.Body, query: str) -> list[Stream]:
    """Read the streams of `alarmMetaData`: `dimensions` and, beside each, `metricValues`."""
    streams = []
    for i, _ in enumerate(read.items(body, "alarmMetaData")):
        path = ("alarmMetaData", i)
        meta = read.mapping(body, *path)
        dimensions, values = (read.items(meta, key, under=path) for key in ("dimensions", "metricValues"))
        for j in range(max(len(dimensions), len(values))):
            named = _texts(dimensions[j] if j < len(dimensions) else None, (*path, "dimensions", j))
            value = values[j] if j < len(values) else None
            streams.append(_stream(named, *_measured(value, query, (*path, "metricValues", j))))
    return streams


def specified(body: read.Body) -> list[Stream]:
    """Read the streams of `metricData`: name, dimensions, value and unit each."""
    streams = []
    for i, _ in enumerate(read.items(body, "metricData")):
        path = ("metricData", i)
        name, value, unit = (read.text(body, *path, key) for key in ("name", "value", "unit"))
        dimensions = _texts(read.mapping(body, *path, "dimensions"), (*path, "dimensions"))
        streams.append(_stream(dimensions, name, value, unit))
    return streams


def resource(streams: Iterable[Stream]) -> Resource | None:
    """Return the resource of the first stream, or None if there is none that tells one."""
    for stream in streams:
        return Resource(stream.resource_id, stream.name) if stream.name else None
    return None


def names(streams: Iterable[Stream]) -> list[str]:
    """Return the distinct names of the streams, in their order."""
    return list(dict.fromkeys([stream.name for stream in streams if stream.name]))


def metric_name(query: str) -> str:
    """Return the metric that a query, or the key of a metric value, begins with."""
    found = _METRIC.match(query)
    return found[1] if found else ""


def _stream(dimensions: Mapping[str, str], metric: str, value: str, unit: str = "") -> Stream:
    resource_id = _first(dimensions, IDS) or _first(dimensions, [key for key in dimensions if key.startswith(ID_PREFIX)])
    return Stream(dimensions, metric, value, unit, resource_id, _first(dimensions, NAMES) or resource_id)


def _first(dimensions: Mapping[str, str], keys: Iterable[str]) -> str:
    for key in keys:
        if value := dimensions.get(key):
            return value
    return ""


def _measured(value: Any, query: str, path: tuple[str | int, ...]) -> tuple[str, str]:
    """Return metric and value out of `{"CpuUtilization[1m].mean()": "92"}` or a bare 92."""
    if not isinstance(value, dict):
        return metric_name(query), read.scalar_text(value, *path)
    for key, measured in sorted(value.items()):  # the order of keys does not survive the way here
        return metric_name(read.clean(key)) or metric_name(query), read.scalar_text(measured, *path, key)
    return metric_name(query), ""


def _texts(dimensions: Any, path: tuple[str | int, ...]) -> dict[str, str]:
    if dimensions is not None and not isinstance(dimensions, dict):
        raise ERROR_FIELD(read.name(path), "an object")
    texts = {
        read.clean(key): read.clean(value) if isinstance(value, str) else read.scalar_text(value, *path, key)
        for key, value in (dimensions or {}).items()
    }
    return dict(sorted(texts.items()))  # their order does not survive the way here
