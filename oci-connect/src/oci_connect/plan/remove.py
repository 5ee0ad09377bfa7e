"""Plan the removal of a set: its resources, then the topic if oci-connect created it."""

from __future__ import annotations

from collections.abc import Iterator

from oci_connect.plan.step import Step
from oci_connect.resource import Holdings
from oci_connect.webhook_url import label


def remove_steps(held: Holdings) -> Iterator[Step]:
    """Yield the deletions: alarms, rules, subscriptions, topic, each only if oci-connect made it for this set."""
    for what, resources in (("alarm", held.alarms), ("rule", held.rules or ()), ("subscription", held.subscriptions)):
        for each in resources:
            if held.owner.owns(each) and each.state != "DELETED":
                name = label(str(each.fields["endpoint"])) if what == "subscription" else each.name
                yield Step("delete", what, name, held.region, each.compartment, each.id, each.etag)
    if not held.topic:
        return
    place = (held.topic.name, held.region, held.topic.compartment, held.topic.id)
    if held.owner.owns(held.topic):
        yield Step("delete", "topic", *place)
    else:
        yield Step("keep", "topic", *place, note="oci-connect did not make it: it is kept")
