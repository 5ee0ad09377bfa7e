"""A step of a plan: the change of one resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oci_connect.wrapping import printable

CLEAR = object()  # in a step's details: the field is to be emptied

DONE = {  # the actions that change something, and what they are called once they are done
    "create": "created",
    "update": "updated",
    "changed": "put back",
    "delete": "deleted",
    "attach": "attached",
    "detach": "detached",
}
# The others change nothing: keep, foreign (of another owner), full (OCI's limit), leftover (no longer in the file).


@dataclass(frozen=True)
class Change:
    """A field that a step changes, with its values before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Step:
    """One step; `details` are the fields to send, in OCI's names."""

    action: str
    what: str  # topic, subscription, alarm, rule
    name: str
    region: str = ""
    compartment: str = ""
    id: str = ""
    etag: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    now: Mapping[str, Any] = field(default_factory=dict)  # other fields to show
    note: str = ""
    through: str = ""  # the alarm's own topic, by which its messages reach the webhook
    then: Mapping[str, Any] = field(default_factory=dict)  # fields to send in a second call
    late: bool = False  # waits until the new subscription is active

    @property
    def runs(self) -> bool:
        """Whether the step changes something."""
        return self.action in DONE

    @property
    def key(self) -> tuple[str, ...]:
        """The resource of the step: by name for apply, else by OCID."""
        by_name = self.action == "create" or (self.action in ("update", "changed", "keep") and not self.now)
        return (self.region, self.what, self.compartment, self.name, self.through, "" if by_name else self.id)

    @property
    def title(self) -> str:
        """What the step is, in a sentence about it."""
        return f"{self.action} the {self.what} {shown(self.name)}"

    def facts(self) -> dict[str, Any]:
        """Return the step for --json; it holds nothing secret."""
        changes = [{"field": each.field, "before": each.before, "after": each.after} for each in self.changes]
        facts: dict[str, Any] = {"action": self.action, "what": self.what, "name": self.name, "region": self.region}
        return facts | {
            "compartment": self.compartment,
            "id": self.id,
            "changes": changes,
            "now": dict(self.now),
            "note": self.note,
        }


def shown(value: Any) -> str:
    """Return a value as text without escape sequences."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(each) for each in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(each)}" for key, each in value.items() if each is not None) or "none"
    return printable(str(value))


def short(ocid: str) -> str:
    """Return the type and the end of an OCID."""
    return shown(f"{ocid.split('.')[1]} …{ocid[-6:]}" if ocid.startswith("ocid1.") else ocid)
