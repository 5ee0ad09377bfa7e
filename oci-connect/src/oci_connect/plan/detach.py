"""Detach alarms: restore what attach changed, unless somebody changed it since, which is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from oci_connect import tags
from oci_connect.duration import MAX_REPEAT, seconds
from oci_connect.plan.attach import REPEAT, topics_of
from oci_connect.plan.step import CLEAR, Change, Step
from oci_connect.plan.subscriptions import ALIVE
from oci_connect.resource import Holdings, Resource
from oci_connect.tags import NONE, UNCHANGED, Mark
from oci_connect.webhook_url import label

TAKEN_OUT = "our topic is not among its destinations any more"
CHANGED_BY_HAND = "its repeat interval was changed by hand after attach, to {now}, and is kept; before attach it was {before}"
HANDED_OVER = "its repeat interval stays, because another topic's oci-connect needs it; {before} is put back by its detach"


def detach_step(alarm: Resource, held: Holdings) -> Step | None:
    """Return the step that detaches an alarm, or None if it is not attached.

    A second call removes its mark, after OCI's answer has shown the restored alarm.
    """
    mark = tags.mark_of(alarm.tags, held.owner)
    if not mark:
        return None
    all_tags = {key: value for key, value in alarm.tags.items() if key != mark.key}
    details: dict[str, Any] = {}
    changes: list[Change] = []
    notes: list[str] = []
    if mark.way == "destination":
        _take_out(alarm, mark.topic, details, changes, notes)
    if mark.repeat != UNCHANGED:
        _put_back(alarm, mark, all_tags, details, changes, notes)
    place = (alarm.name, held.region, alarm.compartment, alarm.id, alarm.etag)
    then = {"freeformTags": all_tags}
    if not details:
        return Step("detach", "alarm", *place, then, note="; ".join(notes))
    return Step("detach", "alarm", *place, details, tuple(changes), note="; ".join(notes), then=then)


def _take_out(alarm: Resource, topic: str, details: dict[str, Any], changes: list[Change], notes: list[str]) -> None:
    before = list(alarm.fields.get("destinations") or [])
    if topic not in before:
        notes.append(TAKEN_OUT)
        return
    details["destinations"] = [each for each in before if each != topic]
    changes.append(Change("destinations", before, details["destinations"]))


def _put_back(
    alarm: Resource, mark: Mark, all_tags: dict[str, str], details: dict[str, Any], changes: list[Change], notes: list[str]
) -> None:
    now = alarm.fields.get(REPEAT)
    if (now or NONE) == mark.repeat:
        return  # a detach that was interrupted has put it back
    if seconds(now) != seconds(MAX_REPEAT):
        notes.append(CHANGED_BY_HAND.format(now=now or NONE, before=mark.repeat))
        return
    heir = next(tags.marks(all_tags), None)
    if heir:
        all_tags[heir.key] = heir.with_repeat(mark.repeat).value
        notes.append(HANDED_OVER.format(before=mark.repeat))
        return
    before = None if mark.repeat == NONE else mark.repeat
    details[REPEAT] = before or CLEAR
    changes.append(Change(REPEAT, now, before))


def unsubscribe_steps(alarms: Sequence[Resource], detached: Sequence[Step], held: Holdings) -> Iterator[Step]:
    """Yield the deletions of subscriptions to other topics that no attached alarm needs."""
    gone = {step.id for step in detached}
    left = [each for each in alarms if each.id not in gone and tags.mark_of(each.tags, held.owner)]
    needed = {name for alarm in left for name in topics_of(alarm)}
    for each in held.subscriptions:
        theirs = str(each.fields.get("topicId"))
        if held.owner.owns(each) and each.state in ALIVE and theirs not in (held.topic_id, *needed):
            name = label(str(each.fields["endpoint"]))
            note = f"of their topic {theirs}: no attached alarm is left here that notifies it"
            yield Step("delete", "subscription", name, held.region, each.compartment, each.id, note=note)
