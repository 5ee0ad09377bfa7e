"""The topic and its subscription to the webhook; a new webhook URL replaces the old subscription."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from oci_connect import tags
from oci_connect.plan.step import Change, Step
from oci_connect.resource import Holdings, OwnTags, Resource
from oci_connect.webhook_url import label

ALIVE = ("PENDING", "ACTIVE")
PROTOCOL = "CUSTOM_HTTPS"  # a subscription of the kind HTTPS (Custom URL)
THEIRS = "to their topic {topic}: all that is published there reaches SpaceONE, of other alarms too"
DESCRIPTION = "OCI alarms for SpaceONE"
ANOTHER_FILE = "another alarm file than before: what only the old one had is left over"
HOUR = 3_600_000  # milliseconds; OCI's unit of maxRetryDuration
REPLACED = "its webhook URL is not the one given; it is deleted once the new one is active"


def topic_steps(compartment: str, held: Holdings, alarm_file: str = "", own_tags: OwnTags = ({}, {})) -> Iterator[Step]:
    """Yield the step for the topic, which stores the name of the alarm file to detect another one."""
    file = {tags.FILE: alarm_file} if alarm_file else {}
    if not held.topic:
        details = {
            "name": held.owner.name,
            "compartmentId": compartment,
            "description": DESCRIPTION,
            "freeformTags": {**own_tags[0], **file, tags.OWNER: held.owner.tag(tags.NONE)},
            **({"definedTags": own_tags[1]} if own_tags[1] else {}),
        }
        yield Step("create", "topic", held.owner.name, held.region, compartment, details=details)
        return
    place = (held.topic.name, held.region, held.topic.compartment, held.topic.id)
    before = held.topic.tags.get(tags.FILE)
    if not alarm_file or before == alarm_file or not held.owner.owns(held.topic):
        yield Step("keep", "topic", *place)
        return
    note = ANOTHER_FILE if before else ""
    details = topic_details(held.topic, file)
    yield Step("update", "topic", *place, None, details, (Change("alarm file", before, alarm_file),), note=note)


def topic_details(topic: Resource, more: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that give a topic further tags: OCI asks for the description too."""
    return {"description": topic.fields.get("description") or DESCRIPTION, "freeformTags": {**topic.tags, **more}}


def subscription_steps(url: str, compartment: str, held: Holdings, own_tags: OwnTags = ({}, {})) -> Iterator[Step]:
    """Yield the steps to the subscriptions of our topic, and of others' topics that attach has subscribed the webhook to.

    Without a URL (optional for commands that only show) the existing subscription counts as correct.
    """
    ours = [each for each in held.subscriptions if held.owner.owns(each) and each.state in ALIVE]
    gone = [each for each in ours if each.fields["topicId"] == tags.owner_topic(each) != held.topic_id]
    for each in gone:
        yield _step("delete", each, held.region, "its topic is gone", "")
    theirs = [str(each.fields["topicId"]) for each in ours if each not in gone]
    for topic in dict.fromkeys([held.topic_id, *theirs]):
        yield from _of_topic(topic, url, compartment, held, own_tags)


def _of_topic(topic: str, url: str, compartment: str, held: Holdings, own_tags: OwnTags) -> Iterator[Step]:
    through = topic if topic != held.topic_id else ""
    alive = sorted(subscriptions_of(held, topic), key=lambda each: each.age)
    current = [each for each in alive if not url or each.fields["endpoint"] == url]
    if current:
        yield _step("keep", current[0], held.region, f"its state is {current[0].state}", through)
    else:
        details = subscription_details(held, topic, url, compartment, own_tags)
        note = THEIRS.format(topic=topic) if through else ""
        yield Step("create", "subscription", label(url), held.region, compartment, details=details, note=note, through=through)
    for double in current[1:] if url else ():
        if held.owner.owns(double):
            yield _step("delete", double, held.region, "it was made twice", through)
    for old in alive:
        if url and old.fields["endpoint"] != url and held.owner.owns(old):
            yield _step("delete", old, held.region, REPLACED, through, late=True)


def subscription_details(
    held: Holdings, topic: str, url: str, compartment: str, own_tags: OwnTags = ({}, {})
) -> dict[str, object]:
    """Return the fields of a new subscription of a topic."""
    return {
        "topicId": topic,
        "compartmentId": compartment,
        "protocol": PROTOCOL,
        "endpoint": url,
        "freeformTags": {**own_tags[0], tags.OWNER: held.owner.tag(held.topic_id)},
        **({"definedTags": own_tags[1]} if own_tags[1] else {}),
    }


def retry_of(subscription: Resource) -> float | None:
    """Return the retry time in hours, or None if OCI does not say it."""
    policy = subscription.fields.get("deliveryPolicy") or subscription.fields.get("deliverPolicy")
    try:
        policy = json.loads(policy) if isinstance(policy, str) else policy
        return float(dict(policy or {})["backoffRetryPolicy"]["maxRetryDuration"]) / HOUR
    except (TypeError, KeyError, ValueError):
        return None


def retry_step(subscription: Resource, hours: float, held: Holdings) -> Step | None:
    """Return the step that sets the retry time, or None if it is set."""
    if retry_of(subscription) == hours:
        return None
    policy = {"backoffRetryPolicy": {"maxRetryDuration": round(hours * HOUR), "policyType": "EXPONENTIAL"}}
    place = (label(str(subscription.fields["endpoint"])), held.region, subscription.compartment, subscription.id)
    changes = (Change("retry hours", retry_of(subscription), hours),)
    return Step("update", "subscription", *place, None, {"deliveryPolicy": policy}, changes)


def subscriptions_of(held: Holdings, topic: str) -> list[Resource]:
    """Return the subscriptions of a topic to webhooks that wait for their confirmation or are active."""
    return [
        each
        for each in held.subscriptions
        if each.fields.get("topicId") == topic and each.state in ALIVE and each.fields.get("protocol") in (PROTOCOL, None)
    ]


def _step(action: str, subscription: Resource, region: str, note: str, through: str, *, late: bool = False) -> Step:
    place = (label(str(subscription.fields["endpoint"])), region, subscription.compartment, subscription.id)
    return Step(action, "subscription", *place, note=note, through=through, late=late)
