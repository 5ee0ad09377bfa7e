"""How severe an OCI event or a log record is: the first clue that tells."""

from __future__ import annotations

import re
from collections.abc import Iterable

from plugin.model.event import Severity
from plugin.ons.kind import vocabulary

STATES = {  # lifecycleState
    "FAILED": Severity.ERROR,
    "NEEDS_ATTENTION": Severity.WARNING,
    "DISCONNECTED": Severity.ERROR,
}
# Words inside types and names, whose words Oracle writes together. `default` is no fault, a `failover` no failure.
_ERROR = re.compile(r"fail(?! ?over)|error(?!s\b)|(?<!de)fault|crash(?! ?recovery)|oops|exploit")
_WARNING = re.compile(
    r"warning|needs ?attention|unhealthy|unavailable|exceeded|usage ?limit|free limit|expire|expiry|preemption"
    r"|auto(?:matic)? ?failover|drift|throttl|timeout|automatically stopped|(?:audit|customer) ?alert|alert generated"
    r"|deletion pending|reboot ?required|reject policy|outage|degraded"
)
_ROUTINE = re.compile(r"\.(?:(?:un)?suppress|reset|delete|list)\w*")  # what somebody did with a warning is none


def severity_of(*, levels: Iterable[str], event_type: str, states: Iterable[str], names: Iterable[str]) -> Severity:
    """Return the severity; `levels` are the texts of fields such as `severity`, the first that is known counts."""
    event_type = event_type.lower()
    if known := vocabulary.severity(*levels, event_type.rpartition(".")[2]):
        return known
    for state in states:
        if known := STATES.get(state.upper()):
            return known
    if _ROUTINE.search(event_type):
        return Severity.INFO
    text = " ".join((event_type, *names)).lower()
    if _ERROR.search(text):
        return Severity.ERROR
    return Severity.WARNING if _WARNING.search(text) else Severity.INFO
