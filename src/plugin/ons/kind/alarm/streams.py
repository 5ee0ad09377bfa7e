"""The metric streams of an alarm: what each is about, and its value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugin.model.event import Resource
from plugin.ons import identifiers
from plugin.ons.kind.alarm.query import fixed_dimensions, read_expression
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
# Of a database in a cluster, resourceName is the cluster.
DATABASE_NAMESPACES = ("oci_database", "oracle_oci_database")
DATABASE_NAMES = ("resourceName_database", "resourceName_pdb", "resourceName_dbnode", "hostName")
NAME_ENDINGS = ("DisplayName", "displayname", "Name", "name")
IDENTIFYING = ("Id", "ID", "displayName")  # endings of dimensions that name the resource another time
IDS = ("resourceId", "resourceID", "instanceId")
ID_PREFIX, PARENT_ID = "resourceId_", "parentResourceId"
BACKGROUND = {  # in lower case; these name nothing, and no part of anything
    "region", "availabilitydomain", "faultdomain", "shape", "instancepoolid", "imageid", "deploymenttype", "autonomousdbtype",
    "dbworkload", "compartmentid", "compartmentname", "tenancyid", "tenantid", "tenancyname", "resourcegroup", "resourcetype",
}  # fmt: skip
PARTS = (  # in lower case: the dimensions that best tell which part of a resource is meant
    "mountpoint", "filesystemname", "filesystem", "diskname", "diskgroupname", "device", "interface",
    "backendsetname", "listenername", "queuename", "channelid", "podname", "namespace", "tablespacename", "topicname",
    "target", "vantagepoint", "errormessage",
)  # fmt: skip
MAX_LABEL = 120  # characters
MAX_PARTS = 3  # dimensions behind a name, or in place of one
MAX_MEASUREMENTS = 5  # of one stream in a line


@dataclass(frozen=True)
class Measurement:
    """A value as Oracle wrote it, exact, and what was measured; each text is empty where the message does not tell."""

    metric: str = ""
    value: str = ""
    unit: str = ""

    def written(self) -> str:
        """Return `CpuUtilization = 85.5 %`, or as much of it as is known; "" without a value."""
        return " = ".join(filter(None, (self.metric, measured(self.value, self.unit)))) if self.value else ""


@dataclass(frozen=True)
class Stream:
    """One metric stream.

    `resource_id` is an OCID or another id, in the case that Oracle wrote it; `name` is the resource's name, else its id.
    `fixed` are the dimensions that the query fixes.
    """

    dimensions: Mapping[str, str] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    resource_id: str = ""
    name: str = ""
    fixed: frozenset[str] = frozenset()

    @property
    def first(self) -> Measurement:
        """The first measurement, or one without a value."""
        return self.measurements[0] if self.measurements else Measurement()

    def line(self, label: str) -> str:
        """Return `- web-server-01: CpuUtilization = 85.5 %`, or as much of it as is known."""
        written = ", ".join(filter(None, [each.written() for each in self.measurements[:MAX_MEASUREMENTS]]))
        known = ": ".join(filter(None, (label, written)))
        return f"- {known}" if known else ""


def sent(metas: Iterable[Reader]) -> list[Stream]:
    """Read the streams of `alarmMetaData`: `dimensions` and, beside each, `metricValues`."""
    streams = []
    for meta in metas:
        query, namespace = meta.text("query"), meta.text("namespace")
        fixed = fixed_dimensions(query)
        dimensions, values = meta.objects("dimensions"), meta.items("metricValues")
        for i in range(max(len(dimensions), len(values))):
            texts = dimensions[i].texts() if i < len(dimensions) else {}
            measurements = _measurements(values[i] if i < len(values) else None, query, namespace, meta)
            if texts or any(each.value for each in measurements):
                streams.append(_stream(texts, measurements, namespace, fixed))
    return streams


def specified(fields: Reader) -> list[Stream]:
    """Read the streams of `metricData`: name, dimensions, value and unit each."""
    namespace, fixed = fields.text("namespace"), fixed_dimensions(fields.text("query"))
    streams = []
    for data in fields.objects("metricData"):
        metric, value, own_unit = data.text("name"), data.text("value"), data.text("unit")
        texts = data.object("dimensions").texts()
        if texts or metric or value:
            measurement = Measurement(metric, value, unit(namespace, metric, own_unit=own_unit))
            streams.append(_stream(texts, (measurement,), namespace, fixed))
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
            full = ", ".join(filter(None, (label, *_list(shown[i].dimensions, differing))))
            written[i] = shorten_middle(full, MAX_LABEL)
    return _number(written, shown)


def _number(labels: list[str], streams: Sequence[Stream]) -> list[str]:
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


def _stream(
    dimensions: Mapping[str, str], measurements: tuple[Measurement, ...], namespace: str, fixed: frozenset[str]
) -> Stream:
    resource_id = _id_of(dimensions)
    return Stream(dimensions, measurements, resource_id, _name_of(dimensions, namespace) or resource_id, fixed)


def _name_of(dimensions: Mapping[str, str], namespace: str) -> str:
    """Return the resource's name: by a dimension that is known, else by one whose own name ends in Name."""
    of_databases = DATABASE_NAMES if namespace.startswith(DATABASE_NAMESPACES) else ()
    further = [key for key in dimensions if key.endswith(NAME_ENDINGS) and key.lower() not in BACKGROUND]
    return _first(dimensions, (*of_databases, *NAMES, *further))


def _id_of(dimensions: Mapping[str, str]) -> str:
    """Return the resource's identifier: of a dimension that is known, else an OCID of one whose name ends in Id."""
    prefixed = [key for key in dimensions if key.startswith(ID_PREFIX)]
    ocids = [
        key
        for key, value in dimensions.items()
        if key.endswith(("Id", "ID"))
        and key != PARENT_ID
        and key.lower() not in BACKGROUND
        and identifiers.resource_type(value)
    ]
    return _first(dimensions, (*IDS, *prefixed, *ocids, PARENT_ID))


def _first(dimensions: Mapping[str, str], keys: Iterable[str]) -> str:
    for key in keys:
        if (value := dimensions.get(key)) and not identifiers.is_nothing(value):
            return value
    return ""


def _label(stream: Stream) -> str:
    """Return the name of a stream and its parts; a stream without a name is called by its dimensions that are no OCID."""
    dimensions = stream.dimensions
    telling = [
        key
        for key, value in dimensions.items()
        if key.lower() not in BACKGROUND
        and not identifiers.is_nothing(value)
        and not identifiers.resource_type(value)
        and value not in (stream.name, stream.resource_id, stream.first.metric)
        and (key.lower() in PARTS or not key.endswith(IDENTIFYING))
    ]
    if stream.name and stream.name != stream.resource_id:
        known = [key for key in telling if key not in stream.fixed or key.lower() in PARTS]
        parts = sorted(known, key=lambda key: (key.lower() not in PARTS, key in stream.fixed))[:MAX_PARTS]
        return ", ".join((stream.name, *_list(dimensions, sorted(parts))))
    return ", ".join(_list(dimensions, telling[:MAX_PARTS])) or identifiers.shortened(stream.resource_id)


def _differing(group: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the dimensions in which streams differ: those that are no OCID if they tell all apart, else all."""
    keys = sorted({key for dimensions in group for key in dimensions})
    differing = [key for key in keys if len({dimensions.get(key) for dimensions in group}) > 1]
    readable = [key for key in differing if not any(identifiers.resource_type(each.get(key, "")) for each in group)]
    told_apart = {tuple(dimensions.get(key) for key in readable) for dimensions in group}
    return readable if len(told_apart) == len(group) else differing


def _list(dimensions: Mapping[str, str], keys: Iterable[str]) -> list[str]:
    return [f"{key} {identifiers.shortened(value)}" for key in keys if (value := dimensions.get(key))]


def _measurements(value: Any, query: str, namespace: str, meta: Reader) -> tuple[Measurement, ...]:
    """Return what was measured, out of `{"CpuUtilization[1m].mean()": "92"}` or a bare 92: of joined metrics, each."""
    by_expression = value if isinstance(value, dict) else {"": value}
    measurements = []
    for expression in sorted(by_expression):  # the order of keys does not survive the way here
        read = read_expression(expression or query)
        name, statistic = read.name or read_expression(query).name, read.statistic
        known = unit(namespace, name, statistic) if read.is_metric else ""
        measurements.append(Measurement(name, meta.scalar(by_expression[expression], "metricValues"), known))
    return tuple(measurements)
