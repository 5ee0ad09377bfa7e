"""Units of Oracle's metrics, for messages that do not name them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from plugin.ons.kind.alarm.metrics import (
    BYTES,
    DAYS,
    GIGABYTES,
    HOURS,
    MEGABYTES,
    METRICS,
    MILLISECONDS,
    MINUTES,
    PERCENT,
    SECONDS,
)

COUNT = ""
UNIT_SPELLINGS = {  # how messages and the integration specification spell units
    **dict.fromkeys(("percent", "percentage"), PERCENT),
    **dict.fromkeys(("byte", "bytes"), BYTES),
    "megabytes": MEGABYTES,
    "gigabytes": GIGABYTES,
    **dict.fromkeys(("millisecond", "milliseconds"), MILLISECONDS),
    **dict.fromkeys(("second", "seconds"), SECONDS),
    **dict.fromkeys(("count", "counts"), COUNT),
}

# In lower case: documentation and messages can differ (BytesReceived, bytesReceived).
BY_METRIC: Mapping[str, Mapping[str, str]] = {
    namespace: {metric: unit for unit, metrics in units.items() for metric in metrics.lower().split()}
    for namespace, units in METRICS.items()
}
# For metrics without a row; only unambiguous endings.
UNIT_SUFFIXES = {
    **dict.fromkeys(("utilization", "utilisation", "percent", "percentage"), PERCENT),
    "kilobytes": "kB",
    "megabytes": MEGABYTES,
    "gigabytes": GIGABYTES,
    "nanoseconds": "ns",
    "microseconds": "µs",
    "milliseconds": MILLISECONDS,
}
UNIT_WORDS = {  # these only as a whole word: latencyMs, heap_bytes, but not activeVMs
    "pct": PERCENT,
    "bytes": BYTES,
    **dict.fromkeys(("ms", "millis"), MILLISECONDS),
    "seconds": SECONDS,
    "minutes": MINUTES,
    "hours": HOURS,
    "days": DAYS,
}
_LAST_WORD = re.compile(r"(?:(?<![A-Za-z])[a-z]+|(?<![A-Z])[A-Z][a-z]+)\Z")
UNITLESS_STATISTICS = {"count", "absent"}  # of data points, not of their values
PER_SECOND_STATISTICS = {"rate"}


def unit(namespace: str, metric: str, statistic: str = "", own_unit: str = "") -> str:
    """Return the short unit of a value: the message's own, else that of the metric and statistic, or ""."""
    if own_unit:
        return UNIT_SPELLINGS.get(own_unit.lower(), own_unit)
    known = BY_METRIC.get(namespace.lower(), {}).get(metric.lower()) or _unit_from_name(metric)
    if not known or statistic in UNITLESS_STATISTICS:
        return ""
    return f"{known}/s" if statistic in PER_SECOND_STATISTICS else known


def _unit_from_name(metric: str) -> str:
    lower, word = metric.lower(), _LAST_WORD.search(metric)
    known = next((unit for ending, unit in UNIT_SUFFIXES.items() if lower.endswith(ending)), "")
    return known or UNIT_WORDS.get(word[0].lower() if word else "", "")
