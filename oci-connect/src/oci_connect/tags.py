"""Ownership of resources, in free-form tags.

OCI's limits: 10 free-form tags a resource, keys of 100 and values of 256 characters.
https://docs.oracle.com/en-us/iaas/Content/Tagging/Concepts/taggingoverview.htm
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from oci_connect.resource import Resource

MAX_TAGS, MAX_KEY, MAX_VALUE = 10, 100, 256
PREFIX = "oci-connect-"
OWNER = PREFIX + "owner"  # the set that the resource belongs to, and the OCID of the topic that it was made for
DEFINITION = PREFIX + "definition"  # a digest of what an alarm or a rule was made from
ATTACHED = PREFIX + "attached-"  # and the set: what an alarm was before it was attached
ASKED = PREFIX + "attach"  # on the topic: when attach ran, and what it was asked for
FILE = PREFIX + "alarms"  # on the topic: the name of the alarm file
UNCHANGED, NONE = "unchanged", "none"
MAX_NAME = 60  # characters of a name in a tag


@dataclass(frozen=True)
class Owner:
    """A set: the resources of one --name, region and home compartment.

    It outlives its topic, so that orphaned resources are still recognised.
    """

    name: str
    region: str = ""
    home: str = ""

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.name} {self.region} {self.home}".encode()).hexdigest()[:12]

    def tag(self, topic: str) -> str:
        """Return the value of the tag on what is made for a topic."""
        return f"{self.name[-MAX_NAME:]} {self.key} {topic}"

    def owns(self, resource: Resource) -> bool:
        """Say whether a resource was made for this set."""
        return owner_key(resource) == self.key


def owner_key(resource: Resource) -> str:
    """Return the key of the set that a resource was made for, or nothing."""
    return _owner(resource)[1]


def owner_topic(resource: Resource) -> str:
    """Return the OCID of the topic that a resource was made for, or nothing."""
    return _owner(resource)[2]


def _owner(resource: Resource) -> list[str]:
    words = resource.tags.get(OWNER, "").split(" ")
    return words if len(words) == 3 else ["", "", ""]


@dataclass(frozen=True)
class Mark:
    """What attach changed in an alarm, stored in a tag of the alarm."""

    owner: str  # the set's key
    topic: str
    way: str  # destination (the topic was added), present (it was there), through (its own topic is subscribed to)
    repeat: str  # the repeat interval before, `none`, or `unchanged`

    @property
    def key(self) -> str:
        return ATTACHED + self.owner

    @property
    def value(self) -> str:
        return f"{self.topic} {self.way} {self.repeat}"

    def with_repeat(self, repeat: str) -> Mark:
        """Return the mark with another interval to put back."""
        return replace(self, repeat=repeat)


def marks(tags: Mapping[str, str]) -> Iterator[Mark]:
    """Yield the marks of all sets on an alarm."""
    for key, value in tags.items():
        words = value.split(" ")
        if key.startswith(ATTACHED) and len(words) == 3:
            yield Mark(key.removeprefix(ATTACHED), *words)


def mark_of(tags: Mapping[str, str], owner: Owner) -> Mark | None:
    """Return the mark of this set."""
    return next((mark for mark in marks(tags) if mark.owner == owner.key), None)


def fit(tags: Mapping[str, str]) -> bool:
    """Say whether OCI takes these tags."""
    return len(tags) <= MAX_TAGS and all(len(k) <= MAX_KEY and len(v) <= MAX_VALUE for k, v in tags.items())
