"""Units of Oracle's metrics, for messages that do not name them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from plugin.ons.kind.alarm.metrics import BYTES, GIGABYTES, MEGABYTES, METRICS, MILLISECONDS, PERCENT, SECONDS

COUNT = ""
SPELLINGS = {  # how messages and the integration specification spell units
    "percent": PERCENT,
    "percentage": PERCENT,
    "bytes": BYTES,
    "byte": BYTES,
    "megabytes": MEGABYTES,
    "gigabytes": GIGABYTES,
    "milliseconds": MILLISECONDS,
    "millisecond": MILLISECONDS,
    "seconds": SECONDS,
    "second": SECONDS,
    "count": COUNT,
    "counts": COUNT,
}

# In small letters: a service's page and its messages do not always agree (BytesReceived, bytesReceived).
BY_METRIC: Mapping[str, Mapping[str, str]] = {
    namespace: {metric: unit for unit, metrics in units.items() for metric in metrics.lower().split()}
    for namespace, units in METRICS.items()
}
ENDINGS = (  # of metrics whose namespace has no row for them; only what can be nothing else
    (re.compile(r".*(?:Utilization|Utilisation|Percent|Percentage|Pct)", re.I), PERCENT),
    (re.compile(r".*(?:[a-z0-9._-]Bytes|_bytes)"), BYTES),
)
UNITLESS_STATISTICS = {"count", "absent"}  # they tell of data points, whatever these measure
PER_SECOND_STATISTICS = {"rate"}


def unit(namespace: str, metric: str, statistic: str = "", own_unit: str = "") -> str:
    """Return the short unit of a value: the one that the message gives, else the metric's under that statistic, or ""."""
    if own_unit:
        return SPELLINGS.get(own_unit.lower(), own_unit)
    known = BY_METRIC.get(namespace.lower(), {}).get(metric.lower()) or _by_ending(metric)
    if not known or statistic in UNITLESS_STATISTICS:
        return ""
    return f"{known}/s" if statistic in PER_SECOND_STATISTICS else known


def _by_ending(metric: str) -> str:
    return next((unit for pattern, unit in ENDINGS if pattern.fullmatch(metric)), "")
