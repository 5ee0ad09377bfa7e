"""Attach existing alarms: add the topic to their destinations, and make them repeat often enough for SpaceONE.

OCI allows one destination of each service per alarm: one topic and one stream. If an alarm has another topic, `their_topics`
subscribes the webhook to that topic instead.
https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/datatypes/UpdateAlarmDetails
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from oci_connect import tags
from oci_connect.duration import MAX_REPEAT, too_long
from oci_connect.plan.step import Change, Step
from oci_connect.plan.subscriptions import ALIVE, THEIRS, subscription_details
from oci_connect.resource import Holdings, OwnTags, Resource
from oci_connect.tags import NONE, UNCHANGED, Mark, Owner
from oci_connect.webhook_url import label

MAX_TOPICS = 1  # destinations of the service Notifications on one alarm
REPEAT = "repeatNotificationDuration"
FULL = "OCI takes one topic on an alarm, and it has one: use --their-topics to subscribe the webhook to that topic"
THROUGH = "its topic {topic} stays, and the webhook is subscribed to that topic"
BORROWED = "oci-connect attached it for another topic, and OCI takes one topic on an alarm: nothing is changed"
FOREIGN = "oci-connect made it for another topic: nothing is changed"
READOPTED = "it was attached to a topic that is gone"
FOR_EMAIL = "its message format is made for e-mail; set RAW if the alerts look poor"


def topics_of(alarm: Resource) -> list[str]:
    """Return an alarm's destinations that are topics."""
    return [each for each in alarm.fields.get("destinations") or [] if each.startswith("ocid1.onstopic.")]


def concerns(alarm: Resource, owner: Owner, topic: Resource | None) -> bool:
    """Say whether an alarm belongs to a set, is attached for it, or notifies its topic."""
    is_marked = owner.owns(alarm) or tags.mark_of(alarm.tags, owner) is not None
    return is_marked or (topic is not None and topic.id in topics_of(alarm))


def attach_step(alarm: Resource, held: Holdings, *, their_topics: bool) -> Step:
    """Return the step that attaches an alarm to a topic, or that says why not."""

    def step(action: str, note: str, through: str = "") -> Step:
        return Step(action, "alarm", *place, now=_now(alarm), note=note, through=through)

    place = (alarm.name, held.region, alarm.compartment, alarm.id, alarm.etag)
    if tags.owner_key(alarm):
        return step("keep", "apply made it for this topic") if held.owner.owns(alarm) else step("foreign", FOREIGN)
    way, theirs = _way(alarm, held)
    if way == "through":
        if any(mark.topic == theirs and mark.way == "destination" for mark in tags.marks(alarm.tags)):
            return step("foreign", BORROWED)
        if not their_topics:
            return step("full", FULL, theirs)
    mark, details, changes = _attached(alarm, held, way)
    marked = tags.mark_of(alarm.tags, held.owner)
    if not changes and (way == "present" or marked == mark):
        return step("keep", "it is attached already" if marked else "it notifies the topic already", theirs)
    all_tags = {**alarm.tags, mark.key: mark.value}
    if not tags.fit(all_tags):
        return step("full", f"OCI takes {tags.MAX_TAGS} tags, so there is none left for the one that detach needs")
    details["freeformTags"] = all_tags
    notes = [THROUGH.format(topic=theirs)] if way == "through" else []
    notes += [FOR_EMAIL] if alarm.fields.get("messageFormat") == "ONS_OPTIMIZED" else []
    now = _now(alarm, *(change.field for change in changes))
    return Step("attach", "alarm", *place, details, tuple(changes), now, "; ".join(notes), theirs)


def _now(alarm: Resource, *changed: str) -> dict[str, Any]:
    """Return the fields shown with a step, except those that change."""
    return {name: alarm.fields.get(name) for name in ("destinations", REPEAT, "messageFormat") if name not in changed}


def _way(alarm: Resource, held: Holdings) -> tuple[str, str]:
    """Return how an alarm can reach the webhook, and the alarm's own topic if it has one."""
    topics = topics_of(alarm)
    if held.topic_id in topics:
        return "present", ""
    marked = tags.mark_of(alarm.tags, held.owner)
    topics = [each for each in topics if not marked or each != marked.topic]  # our deleted topic
    return ("through", topics[0]) if len(topics) >= MAX_TOPICS else ("destination", "")


def _attached(alarm: Resource, held: Holdings, way: str) -> tuple[Mark, dict[str, Any], list[Change]]:
    """Return the mark, the fields to send and the changes; an existing mark keeps its repeat interval."""
    fields, changes = alarm.fields, []
    details: dict[str, Any] = {}
    topic, old = held.topic_id, tags.mark_of(alarm.tags, held.owner)
    mark = Mark(held.owner.key, topic, old.way if old and way == "present" else way, old.repeat if old else UNCHANGED)
    if way == "destination":
        before = list(fields.get("destinations") or [])
        details["destinations"] = [*(each for each in before if not old or each != old.topic), topic]
        changes.append(Change("destinations", before, details["destinations"]))
    if too_long(fields.get(REPEAT)):
        details[REPEAT] = MAX_REPEAT
        changes.append(Change(REPEAT, fields.get(REPEAT), MAX_REPEAT))
        mark = mark if mark.repeat != UNCHANGED else mark.with_repeat(str(fields.get(REPEAT) or NONE))
    return mark, details, changes


def readopt_step(alarm: Resource, held: Holdings) -> Step | None:
    """Return the step that moves an attached alarm from the set's deleted topic to the new one."""
    mark = tags.mark_of(alarm.tags, held.owner)
    if not mark or mark.topic == held.topic_id:
        return None
    before = list(alarm.fields.get("destinations") or [])
    after = [held.topic_id if each == mark.topic else each for each in before]
    new = replace(mark, topic=held.topic_id)
    details = {"freeformTags": {**alarm.tags, new.key: new.value}, **({"destinations": after} if after != before else {})}
    changes = (Change("destinations", before, after),) if after != before else ()
    return Step(
        "update", "alarm", alarm.name, held.region, alarm.compartment, alarm.id, alarm.etag, details, changes, note=READOPTED
    )


def subscribe_steps(
    steps: Sequence[Step], url: str, compartment: str, held: Holdings, own_tags: OwnTags = ({}, {})
) -> list[Step]:
    """Return the missing subscriptions to other topics that these steps need."""
    have = {each.fields.get("topicId") for each in held.subscriptions if held.owner.owns(each) and each.state in ALIVE}
    needed = dict.fromkeys(step.through for step in steps if step.through and step.action in ("attach", "keep"))
    return [
        Step(
            "create",
            "subscription",
            label(url),
            held.region,
            compartment,
            details=subscription_details(held, theirs, url, compartment, own_tags),
            note=THEIRS.format(topic=theirs),
            through=theirs,
        )
        for theirs in needed
        if theirs not in have
    ]
