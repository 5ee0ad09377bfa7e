"""Whose a resource is: free-form tags, which every service of OCI keeps.

OCI's limits: 10 free-form tags a resource, keys of 100 and values of 256 characters.
https://docs.oracle.com/en-us/iaas/Content/Tagging/Concepts/taggingoverview.htm
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from oci_connect.resource import Resource

MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 10, 100, 256
PREFIX = "oci-connect-"
OWNER = PREFIX + "owner"  # the OCID of the topic that the resource belongs to
ITSELF = "itself"  # OWNER of a topic that was made: its OCID is not known before
DEFINITION = PREFIX + "definition"  # a digest of what an alarm or a rule was made from
ATTACHED = PREFIX + "attached-"  # and a digest of the topic's OCID: what an alarm was before it was attached
UNCHANGED, NONE = "unchanged", "none"


def owner(resource: Resource) -> str:
    """Return the OCID of the topic that a resource was made for, or nothing."""
    return resource.tags.get(OWNER, "")


@dataclass(frozen=True)
class Mark:
    """What attach did to an alarm for a topic, kept in a tag of the alarm."""

    topic: str
    way: str  # destination (the topic was added), present (it was there), through (its own topic is subscribed to)
    repeat: str  # the repeat interval before, `none`, or `unchanged`

    @property
    def key(self) -> str:
        return ATTACHED + hashlib.sha256(self.topic.encode()).hexdigest()[:12]

    @property
    def value(self) -> str:
        return f"{self.topic} {self.way} {self.repeat}"

    def with_repeat(self, repeat: str) -> Mark:
        """Return the mark with another interval to put back."""
        return replace(self, repeat=repeat)


def marks(tags: Mapping[str, str]) -> Iterator[Mark]:
    """Yield what attach noted on an alarm, for whichever topic."""
    for key, value in tags.items():
        words = value.split(" ")
        if key.startswith(ATTACHED) and len(words) == 3:
            yield Mark(*words)


def mark_of(tags: Mapping[str, str], topic: str) -> Mark | None:
    """Return what attach noted for this topic."""
    return next((mark for mark in marks(tags) if mark.topic == topic), None)


def fit(tags: Mapping[str, str]) -> bool:
    """Say whether OCI takes these tags."""
    return len(tags) <= MOST_TAGS and all(len(k) <= LONGEST_KEY and len(v) <= LONGEST_VALUE for k, v in tags.items())
