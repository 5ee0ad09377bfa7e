"""How severe an OCI event or a log record is: the first clue that tells."""

from __future__ import annotations

import re
from collections.abc import Iterable

from plugin.model.event import Severity
from plugin.ons.kind import vocabulary

CONNECTION_STATES = ("DISCONNECTED", "LOST")  # lifecycleState: more than what their words say elsewhere
LEVEL_KEYS = ("severity", "level", "riskLevel")
MAX_WORDS = 1000  # characters of types, names and states that are searched: the patterns are not linear
# Words inside types and names, whose words Oracle writes together. `default` is no fault, a `failover` no failure.
_ERROR = re.compile(r"fail(?! ?over)|error(?!s\b)|(?<!de)fault|crash(?! ?recovery)|oops|exploit|corrupt|data ?loss")
_WARNING = re.compile(
    r"warning|needs ?attention|unhealthy|unavailable|exceeded|usage ?limit|free limit|expire|expiry|preemption"
    r"|auto(?:matic)? ?failover|drift|throttl|timeout|automatically (?:stopped|terminated)"
    r"|automatic (?:stop|termination)|(?:audit|customer) ?alert|alert generated|deletion pending|reboot ?required"
    r"|(?:reject|skip) policy|outage|degraded|storage ?utilization|(?:anomalies|sensitive ?data|sighting) ?detected"
    r"|automatic ?recovery|conversion.*reminder|unreachable|inaccessible|disconnected|not ?responding|limit ?reached"
)
_FAILED = re.compile(r"FAIL(?!_?OVER)", re.I)
_ROUTINE = re.compile(r"\.(?:(?:un)?suppress|reset|delete|list)\w*")  # what somebody did with a warning is none


def severity_of(
    *, levels: Iterable[str], event_type: str, states: Iterable[str], names: Iterable[str], is_news: bool = False
) -> Severity:
    """Return the severity; `levels` are the texts of fields such as `severity`, the first that is known counts.

    `is_news` says that something has ended that is no trouble: then the type's last word, a level, does not count.
    """
    event_type = event_type.lower()
    if known := vocabulary.severity(*levels, "" if is_news else event_type.rpartition(".")[2]):
        return known
    if known := next(filter(None, map(of_state, states)), None):
        return known
    if _ROUTINE.search(event_type):
        return Severity.INFO
    return _of_words(" ".join((event_type, *names))) or Severity.INFO


def of_state(state: str) -> Severity | None:
    """Return the severity of a `lifecycleState` that is a trouble (FAILED, AVAILABLE_NEEDS_ATTENTION), or None."""
    return Severity.ERROR if state.upper() in CONNECTION_STATES else _of_words(state.replace("_", " "))


def is_failed(state: str) -> bool:
    """Say whether a state tells that something has failed."""
    return bool(_FAILED.search(state))


def _of_words(text: str) -> Severity | None:
    text = text[:MAX_WORDS].lower()
    if _ERROR.search(text):
        return Severity.ERROR
    return Severity.WARNING if _WARNING.search(text) else None
