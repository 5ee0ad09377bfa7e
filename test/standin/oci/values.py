"""What the services of the stand-in share: answers, refusals, limits, and a store with etags and pages."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass, field
from typing import Any

COMPARTMENT = "ocid1.compartment.oc1..example"
MODELS = {
    ("POST", "topics"): "CreateTopicDetails",
    ("PUT", "topics"): "TopicAttributesDetails",
    ("POST", "subscriptions"): "CreateSubscriptionDetails",
    ("PUT", "subscriptions"): "UpdateSubscriptionDetails",
    ("POST", "messages"): "MessageDetails",
    ("POST", "alarms"): "CreateAlarmDetails",
    ("PUT", "alarms"): "UpdateAlarmDetails",
    ("POST", "rules"): "CreateRuleDetails",
    ("PUT", "rules"): "UpdateRuleDetails",
}
DURATION = re.compile(r"P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?")
Answer = tuple[int, Any, dict[str, str]]


class Refused(Exception):
    """An answer that is an error: status, code, message."""

    def __init__(self, status: int, code: str, message: str = "what Oracle says") -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Region:
    """What a region holds; each resource is a dictionary with its OCID and etag."""

    name: str
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)  # alarm -> status, timestampTriggered
    streams: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # alarm -> dimensions, status, timestamp
    events: list[dict[str, Any]] = field(default_factory=list)  # Audit's
    metrics: dict[str, float] = field(default_factory=dict)  # name -> the sum that a query answers
    born: dict[str, float] = field(default_factory=dict)  # OCID -> when it was made, by the monotonic clock
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def put(self, store: dict[str, dict[str, Any]], kind: str, **fields: Any) -> dict[str, Any]:
        """Store a new resource; later ones are younger."""
        number = next(self.numbers)
        ocid = f"ocid1.{kind}.oc1.phx.made{number:04}"
        created = f"2026-03-02T09:{number // 60 % 60:02}:{number % 60:02}.000Z"
        self.born[ocid] = time.monotonic()
        store[ocid] = {"id": ocid, "lifecycleState": "ACTIVE", "timeCreated": created, "etag": f"{ocid[-4:]}-1", **fields}
        return store[ocid]

    def is_older(self, ocid: str, seconds: float) -> bool:
        """Say whether a resource was made so long ago."""
        return time.monotonic() - self.born[ocid] >= seconds


def change(stored: dict[str, Any], body: dict[str, Any], if_match: str | None) -> None:
    """Change a resource if it is still what the caller read; null empties a field."""
    check_etag(stored, if_match)
    stored.update(body)
    for name in [name for name, value in body.items() if value is None]:
        del stored[name]
    touch(stored)


def touch(stored: dict[str, Any]) -> None:
    """Give a resource a new etag, as every change does."""
    name, _, number = stored["etag"].rpartition("-")
    stored["etag"] = f"{name}-{int(number) + 1}"


def check_etag(stored: dict[str, Any], if_match: str | None) -> None:
    if if_match and if_match != stored["etag"]:
        raise Refused(412, "NoEtagMatch", "The etag does not match")


def check_tags(body: dict[str, Any]) -> None:
    tags = body.get("freeformTags") or {}
    if len(tags) > 10 or any(len(key) > 100 or len(value) > 256 for key, value in tags.items()):
        raise Refused(400, "InvalidParameter", "freeformTags is too large")


def page(found: list[dict[str, Any]], query: dict[str, str], size: int) -> Answer:
    """Return a page of a list, and where the next begins."""
    start = int(query.get("page", 0))
    more = {"opc-next-page": str(start + size)} if found[start + size :] else {}
    return 200, found[start : start + size], more
