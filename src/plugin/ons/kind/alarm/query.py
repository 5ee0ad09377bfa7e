"""Parse queries of OCI Monitoring (MQL).

`CpuUtilization[1m]{resourceId = "…"}.mean() > 80`: https://docs.oracle.com/en-us/iaas/Content/Monitoring/Reference/mql.htm
The patterns take linear time, so that no query can cause catastrophic backtracking (ReDoS).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from plugin.ons.text import shorten_middle

MAX_QUERY = 8192  # characters, because all senders share the caches
MAX_EXPRESSION = 80  # characters of an expression
_FILTER = re.compile(r'\{(?:"[^"]*"|[^"{}])*+\}')
_METRIC = re.compile(r"(?<![\w.$-])(?:[\d.]+-)?([A-Za-z_][\w.$-]*) ?\[", re.ASCII)
_BARE_NAME = re.compile(r"[ (]*([A-Za-z_][\w.$-]*)", re.ASCII)
_STATISTIC = re.compile(r"\.([a-z]+\d*)\(", re.ASCII)
_OPERATOR = re.compile(r"[+*/%]|[\s)]-\s|\)\s?-|(?<![\w.$-])[\d.]+-[A-Za-z_]|&&|\|\|", re.ASCII)
_COMPARISON = re.compile(r" ?(?:[<>]=?|[=!]=)| (?:not )?(?:in|between)\b")
_FIXED = re.compile(r'(?<![\w.$-])([A-Za-z_][\w.$-]*) ?= ?"([^"]*)"', re.ASCII)


@dataclass(frozen=True)
class Expression:
    """What is measured: a metric's name, or a shortened expression without filters; and the last statistic.

    `is_metric`: the value is that of one metric, and has its unit.
    """

    name: str = ""
    statistic: str = ""
    is_metric: bool = False


def read_expression(query: str) -> Expression:
    """Parse a query, or the key of a metric value."""
    return _read_expression(query[:MAX_QUERY])


@lru_cache(64)  # the streams of an alarm share a query
def _read_expression(query: str) -> Expression:
    text = " ".join(_FILTER.sub("", query).split())
    metrics = _METRIC.findall(text)
    statistics = _STATISTIC.findall(text)
    statistic = statistics[-1] if statistics else ""
    if len(metrics) > 1 or _OPERATOR.search(text):
        whole = text if "&&" in text or "||" in text else _COMPARISON.split(text, maxsplit=1)[0]
        return Expression(shorten_middle(whole, MAX_EXPRESSION), statistic)
    if metrics:
        return Expression(metrics[0], statistic, is_metric=True)
    bare = _BARE_NAME.match(text)
    return Expression(bare[1], statistic, is_metric=True) if bare else Expression()


def fixed_dimensions(query: str) -> frozenset[str]:
    """Return the names of the dimensions that a query fixes to one value each."""
    return _fixed_dimensions(query[:MAX_QUERY])


@lru_cache(64)
def _fixed_dimensions(query: str) -> frozenset[str]:
    values = defaultdict(set)
    for name, value in _FIXED.findall(" ".join(query.split())):
        values[name].add(value)
    return frozenset(name for name, of_name in values.items() if len(of_name) == 1)
