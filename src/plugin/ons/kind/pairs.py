"""Pairs of OCI events: the end of an incident closes the alert of its begin.

Most events report an operation. This table has those that begin and end an incident. Any other end, such as that of a backup,
closes nothing.
https://docs.oracle.com/en-us/iaas/autonomous-database-serverless/doc/events-critical.html (critical database events)
https://docs.oracle.com/en-us/iaas/exadata/doc/ecc-customer-events.html (connectivity of Exadata infrastructure)
https://docs.oracle.com/en/cloud/paas/base-database/event-types/ (events of nodes that are cleared)
https://docs.oracle.com/en-us/iaas/mysql-database/doc/events.html (a database that failed and recovers automatically)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from plugin.ons.kind.event_severity import severity_of_state

BEGIN, END = "begins", "over"
MAX_EVENT_NAME = 200  # characters: the patterns do not take linear time

# `DatabaseDownBegin`: begin or end of an incident; planned or manual operations and downloads are none.
_INCIDENT = re.compile(
    r"(?:\w+-)?(?!\w*(?:(?<!un)planned|scheduled|manual|maintenance|shut_?down|scale_?down))"
    r"(?P<pair>\w*(?:Down(?!load|grade|siz)|Inaccessible|Unavailable|Failover)\w*?)_?(?:Begin|(?P<end>End))",
    re.I,
)
# `AVAILABILITY.DB_GUEST.CRS_INSTANCE.DOWN`, with `_CLEARED` at its end.
_CLEARED = re.compile(r"(?P<pair>(?:AVAILABILITY|HEALTH)\.[A-Z0-9_.]+?)(?P<end>_CLEARED)?", re.I)

CONNECTIVITY = {"DISCONNECTED": BEGIN, "LOST": BEGIN, "CONNECTED": END, "ACTIVE": END}  # lifecycleState
ATTENTION = {"NEEDS_ATTENTION": BEGIN, "FAILED": BEGIN, "INACTIVE": BEGIN, "ACTIVE": END}


@dataclass(frozen=True)
class Facts:
    """The input: the type without Oracle's prefix in lower case, the event's own name, and its state."""

    event_type: str
    name: str
    state: str


@dataclass(frozen=True)
class Transition:
    """The begin or end of an incident; `pair` identifies it."""

    pair: str
    is_over: bool


def _by_name(pattern: re.Pattern[str]) -> Callable[[Facts, re.Match[str]], Transition | None]:
    def transition(facts: Facts, of_type: re.Match[str]) -> Transition | None:
        match = pattern.fullmatch(facts.name) if len(facts.name) <= MAX_EVENT_NAME else None
        return Transition(f"{of_type['group']}/{match['pair'].lower()}", bool(match["end"])) if match else None

    return transition


def _by_state(states: dict[str, str]) -> Callable[[Facts, re.Match[str]], Transition | None]:
    def transition(facts: Facts, of_type: re.Match[str]) -> Transition | None:
        known = states.get(facts.state.upper())
        return Transition(of_type["group"], known == END) if known else None

    return transition


def _by_type(_: Facts, of_type: re.Match[str]) -> Transition:
    return Transition(of_type["group"], of_type["end"] is not None)


PAIRS = [  # pattern of the type -> transition; `group` names the pair
    (r"(?P<group>database(?:service|management)\..*)\.critical", _by_name(_INCIDENT)),
    (r"(?P<group>databaseservice\.\w+)\.(?:critical|error|warning|information)", _by_name(_CLEARED)),
    (r"(?P<group>databaseservice\.exadatainfrastructureconnectstatus)", _by_state(CONNECTIVITY)),
    (r"(?P<group>datasafe\.statechange(?:targetdatabase|onpremconnector))", _by_state(ATTENTION)),
    (r"(?P<group>mysqlaas\.automaticrecovery)\.(?:begin|(?P<end>end))", _by_type),
    (r"(?P<group>goldengate(?:\.\w+)?)\.state(?:failed|needsattention|(?P<end>active|running))", _by_type),
    (r"(?P<group>osmh\..*healthstate)\.(?:unhealthy|unavailable|(?P<end>healthy))", _by_type),
]
_PATTERNS = [(re.compile(pattern), transition) for pattern, transition in PAIRS]


def transition_of(facts: Facts) -> Transition | None:
    """Return the begin or end that an event reports, or None if it is neither, or its state is unknown.

    An end in a bad state (`lifecycleState` FAILED) is none, so it closes nothing.
    """
    for pattern, transition in _PATTERNS:
        if (match := pattern.fullmatch(facts.event_type)) and (found := transition(facts, match)):
            return None if found.is_over and severity_of_state(facts.state) else found
    return None
