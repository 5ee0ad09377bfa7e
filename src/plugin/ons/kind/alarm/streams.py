"""The metric streams of an alarm: resource and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.model.event import Resource
from plugin.ons import identifiers
from plugin.ons.kind.alarm.dimensions import resource_of
from plugin.ons.kind.alarm.query import Expression, fixed_dimensions, read_expression
from plugin.ons.kind.alarm.units import unit
from plugin.ons.read import Reader
from plugin.ons.text import format_measurement

MAX_MEASUREMENTS = 8  # of one stream in a line


@dataclass(frozen=True)
class Measurement:
    """A metric, its exact value as Oracle wrote it, and its unit; each can be empty."""

    metric: str = ""
    value: str = ""
    unit: str = ""

    def format(self) -> str:
        """Return `CpuUtilization = 85.5 %` without the parts that are empty, or "" without a value."""
        return " = ".join(filter(None, (self.metric, format_measurement(self.value, self.unit)))) if self.value else ""


@dataclass(frozen=True)
class Stream:
    """One metric stream.

    `resource_id` is an OCID or another id, as Oracle wrote it; `name` is the resource's name, else its id. `fixed` are the
    dimensions that the query fixes to one value.
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

    @property
    def resource(self) -> Resource | None:
        """The resource of the stream, or None if no dimension names it."""
        return Resource(identifiers.lower(self.resource_id), self.name) if self.name else None

    def line(self, label: str) -> str:
        """Return `- web-server-01: CpuUtilization = 85.5 %` without the parts that are empty."""
        values = [each.format() for each in self.measurements if each.value]
        further = f"+{len(values) - MAX_MEASUREMENTS}" if len(values) > MAX_MEASUREMENTS else ""
        known = ": ".join(filter(None, (label, ", ".join(filter(None, (*values[:MAX_MEASUREMENTS], further))))))
        return f"- {known}" if known else ""


def from_metadata(metas: Iterable[Reader]) -> list[Stream]:
    """Read the streams of `alarmMetaData`: `dimensions` and, beside each, `metricValues`."""
    streams = []
    for meta in metas:
        query, namespace = meta.text("query"), meta.text("namespace")
        expression, fixed = read_expression(query), fixed_dimensions(query)
        dimensions, values = meta.objects("dimensions"), meta.items("metricValues")
        for i in range(max(len(dimensions), len(values))):
            texts = dimensions[i].texts() if i < len(dimensions) else {}
            measurements = _measurements(values[i] if i < len(values) else None, expression, namespace, meta)
            if texts or any(each.value for each in measurements):
                streams.append(_stream(texts, measurements, namespace, fixed))
    return streams


def from_metric_data(fields: Reader) -> list[Stream]:
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


def _stream(
    dimensions: Mapping[str, str], measurements: tuple[Measurement, ...], namespace: str, fixed: frozenset[str]
) -> Stream:
    resource_id, name = resource_of(dimensions, namespace)
    return Stream(dimensions, measurements, resource_id, name or resource_id, fixed)


def _measurements(value: Any, of_query: Expression, namespace: str, meta: Reader) -> tuple[Measurement, ...]:
    """Return the measurements in `{"CpuUtilization[1m].mean()": "92"}`, or in a bare 92."""
    by_expression = value if isinstance(value, dict) else {"": value}
    measurements = []
    for key in sorted(by_expression):  # a protobuf Struct does not keep the order
        expression = read_expression(key)
        if not expression.name:
            expression = of_query
        known = unit(namespace, expression.name, expression.statistic) if expression.is_metric else ""
        measurements.append(Measurement(expression.name, meta.scalar(by_expression[key], "metricValues"), known))
    return tuple(measurements)
