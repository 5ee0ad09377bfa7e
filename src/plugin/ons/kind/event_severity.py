"""The severity of an OCI event or a log record."""

from __future__ import annotations

import re
from collections.abc import Iterable

from plugin.model.event import Severity
from plugin.ons.kind import vocabulary

CONNECTION_STATES = ("DISCONNECTED", "LOST")  # an ERROR as lifecycleState
LEVEL_KEYS = ("severity", "level", "riskLevel")
MAX_SEARCHED_LENGTH = 1000  # characters of types, names and states: the patterns do not take linear time
# Found anywhere in types and names. `default` is no fault, a `failover` no failure.
_ERROR = re.compile(r"fail(?! ?over)|error(?!s\b)|(?<!de)fault|crash(?! ?recovery)|oops|exploit|corrupt|data ?loss")
_WARNING = re.compile(
    r"warning|needs ?attention|unhealthy|unavailable|exceeded|usage ?limit|free limit|expire|expiry|preemption"
    r"|auto(?:matic)? ?failover|drift|throttl|timeout|automatically (?:stopped|terminated)"
    r"|automatic (?:stop|termination)|(?:audit|customer) ?alert|alert generated|deletion pending|reboot ?required"
    r"|(?:reject|skip) policy|outage|degraded|storage ?utilization|(?:anomalies|sensitive ?data|sighting) ?detected"
    r"|automatic ?recovery|conversion.*reminder|unreachable|inaccessible|disconnected|not ?responding|limit ?reached"
)
_FAILED = re.compile(r"FAIL(?!_?OVER)", re.I)
_ROUTINE_ACTION = re.compile(r"\.(?:(?:un)?suppress|reset|delete|list)\w*")  # an action on a warning is no warning


def severity_of(
    *, levels: Iterable[str], event_type: str, states: Iterable[str], names: Iterable[str], is_routine_end: bool = False
) -> Severity:
    """Return the severity: the first known level of `levels` and the event type, else that of the states, else of the words.

    `is_routine_end` says that a routine operation ended: then the level in the event type is ignored.
    """
    event_type = event_type.lower()
    if known := vocabulary.severity(*levels, "" if is_routine_end else event_type.rpartition(".")[2]):
        return known
    if known := next(filter(None, map(severity_of_state, states)), None):
        return known
    if _ROUTINE_ACTION.search(event_type):
        return Severity.INFO
    return _severity_in_text(" ".join((event_type, *names))) or Severity.INFO


def severity_of_state(state: str) -> Severity | None:
    """Return the severity of a bad `lifecycleState` (FAILED, AVAILABLE_NEEDS_ATTENTION), or None."""
    return Severity.ERROR if state.upper() in CONNECTION_STATES else _severity_in_text(state.replace("_", " "))


def is_failed(state: str) -> bool:
    """Say whether a state means failure."""
    return bool(_FAILED.search(state))


def _severity_in_text(text: str) -> Severity | None:
    text = text[:MAX_SEARCHED_LENGTH].lower()
    if _ERROR.search(text):
        return Severity.ERROR
    return Severity.WARNING if _WARNING.search(text) else None
