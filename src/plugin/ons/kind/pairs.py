"""Pairs of OCI events: what is over closes what it opened.

Most events tell of something that was done. Some are the two sides of one trouble, and this table holds those. A state that is
not in it closes nothing: the end of a backup, of a maintenance or of a capture is news, not a cure.
https://docs.oracle.com/en-us/iaas/autonomous-database-serverless/doc/events-critical.html (critical database events)
https://docs.oracle.com/en-us/iaas/exadata/doc/ecc-customer-events.html (connectivity of Exadata infrastructure)
https://docs.oracle.com/en/cloud/paas/base-database/event-types/ (events of nodes that are cleared)
https://docs.oracle.com/en-us/iaas/mysql-database/doc/events.html (a database that failed and recovers by itself)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from plugin.ons.kind.event_severity import of_state

BEGINS, OVER = "begins", "over"
MAX_NAME = 200  # characters of a name that is read: the patterns are not linear

# `DatabaseDownBegin`: an incident that has begun or ended; what somebody planned or did, and a download, is none.
_INCIDENT = re.compile(
    r"(?:\w+-)?(?!\w*(?:(?<!un)planned|scheduled|manual|maintenance|shut_?down|scale_?down))"
    r"(?P<pair>\w*(?:Down(?!load|grade|siz)|Inaccessible|Unavailable|Failover)\w*?)_?(?:Begin|(?P<over>End))",
    re.I,
)
# `AVAILABILITY.DB_GUEST.CRS_INSTANCE.DOWN`, and with `_CLEARED` behind it once that is over.
_CLEARED = re.compile(r"(?P<pair>(?:AVAILABILITY|HEALTH)\.[A-Z0-9_.]+?)(?P<over>_CLEARED)?", re.I)

CONNECTIVITY = {"DISCONNECTED": BEGINS, "LOST": BEGINS, "CONNECTED": OVER, "ACTIVE": OVER}  # lifecycleState
ATTENTION = {"NEEDS_ATTENTION": BEGINS, "FAILED": BEGINS, "INACTIVE": BEGINS, "ACTIVE": OVER}


@dataclass(frozen=True)
class Facts:
    """What of an event decides: the type without Oracle's prefix, in lower case, the event's own name, and its state."""

    event_type: str
    name: str
    state: str


@dataclass(frozen=True)
class Side:
    """The side of a pair that an event is: the pair's name, and whether the trouble is over."""

    pair: str
    is_over: bool


def _by_name(pattern: re.Pattern[str]) -> Callable[[Facts, re.Match[str]], Side | None]:
    def side(facts: Facts, of_type: re.Match[str]) -> Side | None:
        match = pattern.fullmatch(facts.name) if len(facts.name) <= MAX_NAME else None
        return Side(f"{of_type['group']}/{match['pair'].lower()}", bool(match["over"])) if match else None

    return side


def _by_state(states: dict[str, str]) -> Callable[[Facts, re.Match[str]], Side | None]:
    def side(facts: Facts, of_type: re.Match[str]) -> Side | None:
        known = states.get(facts.state.upper())
        return Side(of_type["group"], known == OVER) if known else None

    return side


def _by_type(_: Facts, of_type: re.Match[str]) -> Side:
    return Side(of_type["group"], of_type["over"] is not None)


PAIRS = [  # pattern of the type -> the side that an event is; `group` names the pair
    (r"(?P<group>database(?:service|management)\..*)\.critical", _by_name(_INCIDENT)),
    (r"(?P<group>databaseservice\.\w+)\.(?:critical|error|warning|information)", _by_name(_CLEARED)),
    (r"(?P<group>databaseservice\.exadatainfrastructureconnectstatus)", _by_state(CONNECTIVITY)),
    (r"(?P<group>datasafe\.statechange(?:targetdatabase|onpremconnector))", _by_state(ATTENTION)),
    (r"(?P<group>mysqlaas\.automaticrecovery)\.(?:begin|(?P<over>end))", _by_type),
    (r"(?P<group>goldengate(?:\.\w+)?)\.state(?:failed|needsattention|(?P<over>active|running))", _by_type),
    (r"(?P<group>osmh\..*healthstate)\.(?:unhealthy|unavailable|(?P<over>healthy))", _by_type),
]
_PATTERNS = [(re.compile(pattern), side) for pattern, side in PAIRS]


def side_of(facts: Facts) -> Side | None:
    """Return the side of a pair that an event is, or None if it is of no pair, or in a state that is not known.

    An end in a state of trouble (`lifecycleState` FAILED) is none: it closes nothing.
    """
    for pattern, side in _PATTERNS:
        if (match := pattern.fullmatch(facts.event_type)) and (found := side(facts, match)):
            return None if found.is_over and of_state(facts.state) else found
    return None
