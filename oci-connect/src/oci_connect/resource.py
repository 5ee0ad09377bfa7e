"""OCI's resources as plain values, with the field names of OCI's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oci_connect.tags import Owner


OwnTags = tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]  # free-form and defined tags on what is made


@dataclass(frozen=True)
class Resource:
    """A topic, subscription, alarm or rule; `etag` is set if it was read individually."""

    id: str
    fields: Mapping[str, Any]
    etag: str | None = None

    @property
    def name(self) -> str:
        return str(self.fields.get("displayName") or self.fields.get("name") or self.id)

    @property
    def compartment(self) -> str:
        return str(self.fields.get("compartmentId") or "")

    @property
    def tags(self) -> Mapping[str, str]:
        return self.fields.get("freeformTags") or {}

    @property
    def state(self) -> str:
        return str(self.fields.get("lifecycleState") or "")

    @property
    def age(self) -> tuple[str, str]:
        """A sort key: the oldest of duplicates first."""
        return (str(self.fields.get("timeCreated") or self.fields.get("createdTime") or ""), self.id)


@dataclass(frozen=True)
class Holdings:
    """The resources of a region that a command uses."""

    region: str
    topic: Resource | None
    owner: Owner
    subscriptions: Sequence[Resource] = ()
    alarms: Sequence[Resource] = ()
    rules: Sequence[Resource] | None = ()  # None: they may not be seen
    unseen: frozenset[str] = frozenset()  # compartments whose alarms could not be listed
    foreign: Exception | None = None  # somebody else has a topic of the name

    @property
    def topic_id(self) -> str:
        """The OCID of the topic, or nothing."""
        return self.topic.id if self.topic else ""


def resource(model: Any, etag: str | None = None) -> Resource:
    """Return a model of the SDK as a resource."""
    fields: dict[str, Any] = plain(model)
    return Resource(str(fields.get("id") or fields.get("topicId")), fields, etag)


def plain(value: Any) -> Any:
    """Return a model of the SDK as a dictionary in the names of OCI's API, times as ISO 8601."""
    if hasattr(value, "attribute_map"):
        return {name: plain(getattr(value, attribute)) for attribute, name in value.attribute_map.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
