"""The topic and its subscription to the webhook; a new webhook URL replaces the old subscription."""

from __future__ import annotations

from collections.abc import Iterator

from oci_connect import tags
from oci_connect.plan.step import Step
from oci_connect.resource import Holdings, Resource
from oci_connect.webhook_url import label

ALIVE = ("PENDING", "ACTIVE")
PROTOCOL = "CUSTOM_HTTPS"  # a subscription of the kind HTTPS (Custom URL)
THEIRS = "to their topic {topic}: all that is published there reaches SpaceONE, of other alarms too"
REPLACED = "its webhook URL is not the one given; it is deleted once the new one is active"


def topic_steps(name: str, compartment: str, held: Holdings) -> Iterator[Step]:
    """Yield the step to the topic."""
    if held.topic:
        yield Step("keep", "topic", held.topic.name, held.region, held.topic.compartment, held.topic.id)
        return
    details = {
        "name": name,
        "compartmentId": compartment,
        "description": "OCI alarms for SpaceONE",
        "freeformTags": {tags.OWNER: tags.ITSELF},
    }
    yield Step("create", "topic", name, held.region, compartment, details=details)


def subscription_steps(url: str, compartment: str, held: Holdings) -> Iterator[Step]:
    """Yield the steps to the subscriptions of our topic, and of others' topics that attach has subscribed the webhook to."""
    topic = held.topic.id if held.topic else ""
    theirs = [str(each.fields["topicId"]) for each in held.subscriptions if tags.owner(each) == topic and each.state in ALIVE]
    for each in dict.fromkeys([topic, *theirs]):
        yield from _of_topic(each, topic, url, compartment, held)


def _of_topic(topic: str, owner: str, url: str, compartment: str, held: Holdings) -> Iterator[Step]:
    through = topic if topic != owner else ""
    alive = sorted(subscriptions_of(held, topic), key=lambda each: each.age)
    current = [each for each in alive if each.fields["endpoint"] == url]
    if current:
        yield _step("keep", current[0], held.region, f"its state is {current[0].state}", through)
    else:
        details = subscription_details(owner, topic, url, compartment)
        note = THEIRS.format(topic=topic) if through else ""
        yield Step("create", "subscription", label(url), held.region, compartment, details=details, note=note, through=through)
    for double in current[1:]:
        if tags.owner(double) == owner:
            yield _step("delete", double, held.region, "it was made twice", through)
    for old in alive:
        if old.fields["endpoint"] != url and tags.owner(old) == owner:
            yield _step("delete", old, held.region, REPLACED, through, late=True)


def subscription_details(owner: str, topic: str, url: str, compartment: str) -> dict[str, object]:
    """Return the fields of a new subscription of a topic."""
    return {
        "topicId": topic,
        "compartmentId": compartment,
        "protocol": PROTOCOL,
        "endpoint": url,
        "freeformTags": {tags.OWNER: owner},
    }


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
