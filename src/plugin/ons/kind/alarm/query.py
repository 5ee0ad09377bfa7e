"""What a query of OCI Monitoring measures.

`CpuUtilization[1m]{resourceId = "…"}.mean() > 80`: https://docs.oracle.com/en-us/iaas/Content/Monitoring/Reference/mql.htm
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from plugin.ons.text import shorten_middle

MAX_NAME = 80  # characters of an expression
_FILTER = re.compile(r"\{[^{}]*\}")
_METRIC = re.compile(r"(?<![\w.$-])([A-Za-z_][\w.$-]*)\s*\[", re.ASCII)
_BARE = re.compile(r"[\s(]*([A-Za-z_][\w.$-]*)", re.ASCII)
_STATISTIC = re.compile(r"\.([a-z]+)\(")
_OPERATOR = re.compile(r"[+*/%]|\s-\s|&&|\|\|")
_COMPARISON = re.compile(r"\s*(?:[<>]=?|[=!]=)|\s+(?:not\s+)?(?:in|between)\b")
_FIXED = re.compile(r"([A-Za-z_][\w.$-]*)\s*=\s*\"")


@dataclass(frozen=True)
class Expression:
    """What is measured: the name of a metric, or a whole expression shortened, without its filters; and the last statistic.

    `is_metric` says that the value is that of one metric, and so has its unit.
    """

    name: str = ""
    statistic: str = ""
    is_metric: bool = False


@functools.lru_cache(maxsize=256)  # the streams of an alarm share one query
def read_expression(query: str) -> Expression:
    """Return what a query, or the key of a metric value, measures."""
    text = _FILTER.sub("", query)
    metrics = _METRIC.findall(text)
    statistics = _STATISTIC.findall(text)
    statistic = statistics[-1] if statistics else ""
    if len(metrics) > 1 or _OPERATOR.search(text):
        whole = text if "&&" in text or "||" in text else _COMPARISON.split(text, maxsplit=1)[0]
        return Expression(shorten_middle(" ".join(whole.split()), MAX_NAME), statistic)
    if metrics:
        return Expression(metrics[0], statistic, is_metric=True)
    bare = _BARE.match(text)
    return Expression(bare[1], statistic, is_metric=True) if bare else Expression()


def fixed_dimensions(query: str) -> frozenset[str]:
    """Return the names of the dimensions that a query fixes to one value each."""
    return frozenset(_FIXED.findall(query))
