"""The patterns of earlier attach runs, stored in a tag of the topic: status tells reverted alarms from new ones by them."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from oci_connect import tags
from oci_connect.arguments import Arguments
from oci_connect.plan.attach import topics_of
from oci_connect.plan.step import Step
from oci_connect.plan.subscriptions import topic_details
from oci_connect.resource import Holdings, Resource

SEPARATOR = "|"  # between patterns
ALL = "*"


def matches(alarm: Resource, patterns: Sequence[str]) -> bool:
    """Say whether an alarm's name matches one of the patterns; without patterns every alarm does."""
    name, meant = alarm.name.lower(), [pattern.lower() for pattern in patterns or [ALL]]
    return name in meant or any(fnmatch.fnmatchcase(name, pattern) for pattern in meant)  # a name may hold [brackets]


def remember_step(arguments: Arguments, held: Holdings) -> Step | None:
    """Return the step that stores the patterns and the time of attach on the topic, or None if they do not fit a tag."""
    if not held.topic:
        return None
    now = datetime.now(UTC).isoformat(timespec="seconds")
    old = patterns_of(held.topic)
    asked = [pattern.replace(SEPARATOR, "?") for pattern in arguments.alarm or [ALL]]
    patterns = dict.fromkeys([*(old[1] if old else ()), *asked])
    value = f"{old[0] if old else now} {SEPARATOR.join(patterns)}"
    details = topic_details(held.topic, {tags.ASKED: value})
    if not tags.fit(details["freeformTags"]) or details["freeformTags"] == held.topic.tags:
        return None
    return Step(
        "update", "topic", held.topic.name, held.region, held.topic.compartment, held.topic.id, details=details,
        note="keeps what attach was asked for",
    )  # fmt: skip


def patterns_of(topic: Resource) -> tuple[str, list[str]] | None:
    """Return the time of the first attach and all patterns since, or None if it never ran."""
    since, space, patterns = topic.tags.get(tags.ASKED, "").partition(" ")
    return (since, patterns.split(SEPARATOR)) if space else None


@dataclass(frozen=True)
class Attached:
    """The state of the alarms that match the patterns."""

    expected: int
    attached: int
    reverted: list[str]  # names of alarms that attach found, and that do not notify the topic any more
    new: list[str]  # names of alarms that are younger than attach

    def facts(self) -> dict[str, Any]:
        """Return it for --json."""
        return asdict(self)


def is_missing(alarm: Resource, topic: Resource | None, owner: tags.Owner) -> bool:
    """Say whether an alarm matches the patterns and notifies no topic. (Lists of OCI omit its creation time.)"""
    asked = patterns_of(topic) if topic else None
    return bool(asked and matches(alarm, asked[1]) and not topics_of(alarm) and not tags.mark_of(alarm.tags, owner))


def compare(topic: Resource, owner: tags.Owner, alarms: Sequence[Resource]) -> Attached | None:
    """Compare the alarms with the patterns; return None if attach never ran."""
    asked = patterns_of(topic)
    if not asked:
        return None
    since, patterns = asked
    meant = [alarm for alarm in alarms if matches(alarm, patterns) and not tags.owner_key(alarm)]
    attached = {alarm.id for alarm in meant if tags.mark_of(alarm.tags, owner) or topic.id in topics_of(alarm)}
    missing = [alarm for alarm in meant if alarm.id not in attached and not topics_of(alarm)]
    new = {alarm.id for alarm in missing if str(alarm.fields.get("timeCreated") or "") > since}
    reverted = sorted(alarm.name for alarm in missing if alarm.id not in new)
    return Attached(len(meant), len(attached), reverted, sorted(alarm.name for alarm in missing if alarm.id in new))
