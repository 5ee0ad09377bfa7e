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
SPELLINGS = {  # how messages and the integration specification spell units
    **dict.fromkeys(("percent", "percentage"), PERCENT),
    **dict.fromkeys(("byte", "bytes"), BYTES),
    "megabytes": MEGABYTES,
    "gigabytes": GIGABYTES,
    **dict.fromkeys(("millisecond", "milliseconds"), MILLISECONDS),
    **dict.fromkeys(("second", "seconds"), SECONDS),
    **dict.fromkeys(("count", "counts"), COUNT),
}

# In small letters: a service's page and its messages do not always agree (BytesReceived, bytesReceived).
BY_METRIC: Mapping[str, Mapping[str, str]] = {
    namespace: {metric: unit for unit, metrics in units.items() for metric in metrics.lower().split()}
    for namespace, units in METRICS.items()
}
# Of metrics whose namespace has no row for them; only what can be nothing else.
ENDINGS = {
    **dict.fromkeys(("utilization", "utilisation", "percent", "percentage"), PERCENT),
    "kilobytes": "kB",
    "megabytes": MEGABYTES,
    "gigabytes": GIGABYTES,
    "nanoseconds": "ns",
    "microseconds": "µs",
    "milliseconds": MILLISECONDS,
}
LAST_WORDS = {  # shorter ones count as a word alone: latencyMs, heap_bytes, and not activeVMs
    "pct": PERCENT,
    "bytes": BYTES,
    **dict.fromkeys(("ms", "millis"), MILLISECONDS),
    "seconds": SECONDS,
    "minutes": MINUTES,
    "hours": HOURS,
    "days": DAYS,
}
_LAST_WORD = re.compile(r"(?:(?<![A-Za-z])[a-z]+|(?<![A-Z])[A-Z][a-z]+)\Z")
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
    lower, word = metric.lower(), _LAST_WORD.search(metric)
    known = next((unit for ending, unit in ENDINGS.items() if lower.endswith(ending)), "")
    return known or LAST_WORDS.get(word[0].lower() if word else "", "")
