"""Attaching alarms that are there: the topic joins their destinations, and they repeat often enough for SpaceONE.

OCI takes one destination of each service on an alarm, so one topic and one stream. An alarm with a topic of its own has no
room for ours; with `their_topics` the webhook is subscribed to that topic instead, and the alarm's destinations stay.
https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/datatypes/UpdateAlarmDetails
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oci_connect import tags
from oci_connect.duration import LONGEST_REPEAT, too_long
from oci_connect.plan.step import Change, Step
from oci_connect.plan.subscriptions import ALIVE, THEIRS, subscription_details
from oci_connect.resource import Holdings, Resource
from oci_connect.tags import NONE, UNCHANGED, Mark
from oci_connect.webhook_url import label

MOST_TOPICS = 1  # destinations of the service Notifications on one alarm
REPEAT = "repeatNotificationDuration"
FULL = "OCI takes one topic on an alarm, and it has {topic}: use --their-topics to subscribe the webhook to that topic"
THROUGH = "its topic {topic} stays, and the webhook is subscribed to that topic"
BORROWED = "oci-connect attached it for another topic, and OCI takes one topic on an alarm: nothing is changed"
FOREIGN = "oci-connect made it for another topic: nothing is changed"
FOR_EMAIL = "its message format is made for e-mail; set RAW if the alerts look poor"


def topics_of(alarm: Resource) -> list[str]:
    """Return an alarm's destinations that are topics."""
    return [each for each in alarm.fields.get("destinations") or [] if each.startswith("ocid1.onstopic.")]


def concerns(alarm: Resource, topic: Resource | None) -> bool:
    """Say whether an alarm belongs to a topic, is attached to it, or notifies it."""
    if not topic:
        return False
    return tags.owner(alarm) == topic.id or tags.mark_of(alarm.tags, topic.id) is not None or topic.id in topics_of(alarm)


def attach_step(alarm: Resource, topic: str, region: str, *, their_topics: bool) -> Step:
    """Return the step that attaches an alarm to a topic, or that tells why there is none."""

    def told(action: str, note: str, through: str = "") -> Step:
        return Step(action, "alarm", *place, now=_now(alarm), note=note, through=through)

    place = (alarm.name, region, alarm.compartment, alarm.id, alarm.etag)
    owner = tags.owner(alarm)
    if owner:
        return told("keep", "apply made it for this topic") if owner == topic else told("foreign", FOREIGN)
    way, theirs = _way(alarm, topic)
    if way == "through":
        if any(mark.topic == theirs and mark.way == "destination" for mark in tags.marks(alarm.tags)):
            return told("foreign", BORROWED)
        if not their_topics:
            return told("full", FULL.format(topic=theirs))
    mark, details, changes = _attached(alarm, topic, way)
    marked = tags.mark_of(alarm.tags, topic)
    if not changes and (way == "present" or marked == mark):
        return told("keep", "it is attached already" if marked else "it notifies the topic already", theirs)
    all_tags = {**alarm.tags, mark.key: mark.value}
    if not tags.fit(all_tags):
        return told("full", f"it has no room for the tag that keeps what was: OCI takes {tags.MOST_TAGS} tags")
    details["freeformTags"] = all_tags
    notes = [THROUGH.format(topic=theirs)] if way == "through" else []
    notes += [FOR_EMAIL] if alarm.fields.get("messageFormat") == "ONS_OPTIMIZED" else []
    now = _now(alarm, *(change.field for change in changes))
    return Step("attach", "alarm", *place, details, tuple(changes), now, "; ".join(notes), theirs)


def _now(alarm: Resource, *changed: str) -> dict[str, Any]:
    """Return what a person wants to know of an alarm, beside the fields that change."""
    return {name: alarm.fields.get(name) for name in ("destinations", REPEAT, "messageFormat") if name not in changed}


def _way(alarm: Resource, topic: str) -> tuple[str, str]:
    """Return how messages of an alarm can reach the topic's webhook, and the alarm's own topic if it is in the way."""
    topics = topics_of(alarm)
    if topic in topics:
        return "present", ""
    return ("through", topics[0]) if len(topics) >= MOST_TOPICS else ("destination", "")


def _attached(alarm: Resource, topic: str, way: str) -> tuple[Mark, dict[str, Any], list[Change]]:
    """Return the mark, the fields to send and the changes; a mark that is there keeps what it says of the repeat."""
    fields, changes = alarm.fields, []
    details: dict[str, Any] = {}
    old = tags.mark_of(alarm.tags, topic)
    mark = Mark(topic, old.way if old and way == "present" else way, old.repeat if old else UNCHANGED)
    if way == "destination":
        before = list(fields.get("destinations") or [])
        details["destinations"] = [*before, topic]
        changes.append(Change("destinations", before, details["destinations"]))
    if too_long(fields.get(REPEAT)):
        details[REPEAT] = LONGEST_REPEAT
        changes.append(Change(REPEAT, fields.get(REPEAT), LONGEST_REPEAT))
        mark = mark if mark.repeat != UNCHANGED else mark.with_repeat(str(fields.get(REPEAT) or NONE))
    return mark, details, changes


def subscribe_steps(steps: Sequence[Step], topic: str, url: str, compartment: str, held: Holdings) -> list[Step]:
    """Return the subscriptions to others' topics that these steps need and that are not there."""
    have = {each.fields.get("topicId") for each in held.subscriptions if tags.owner(each) == topic and each.state in ALIVE}
    needed = dict.fromkeys(step.through for step in steps if step.through and step.action in ("attach", "keep"))
    return [
        Step(
            "create",
            "subscription",
            label(url),
            held.region,
            compartment,
            details=subscription_details(topic, theirs, url, compartment),
            note=THEIRS.format(topic=theirs),
            through=theirs,
        )
        for theirs in needed
        if theirs not in have
    ]
