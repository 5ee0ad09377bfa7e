"""The rules of OCI's Events service that send Cloud Guard problems, budget alerts and database events to the topic.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
https://docs.oracle.com/en-us/iaas/Content/Events/Concepts/filterevents.htm
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from oci_connect import tags
from oci_connect.plan.alarms import digest
from oci_connect.plan.step import Change, Step
from oci_connect.resource import Holdings, OwnTags, Resource

RULES = {  # name -> the event types that it lets through
    "SpaceONE Cloud Guard problems": (
        "com.oraclecloud.cloudguard.problemdetected",
        "com.oraclecloud.cloudguard.problemthresholdreached",
        "com.oraclecloud.cloudguard.problemdismissed",
        "com.oraclecloud.cloudguard.problemremediated",
    ),
    "SpaceONE budget alerts": (
        "com.oraclecloud.budgets.createtriggeredalert",
        "com.oraclecloud.budgets.resettriggeredalert",
        "com.oraclecloud.budgets.deletetriggeredalert",
    ),
    "SpaceONE critical database events": (
        "com.oraclecloud.databaseservice.autonomous.cloudautonomousvmcluster.critical",
        "com.oraclecloud.databaseservice.autonomous.container.database.critical",
        "com.oraclecloud.databaseservice.autonomous.database.critical",
        "com.oraclecloud.databaseservice.autonomous.vmcluster.critical",
        "com.oraclecloud.databaseservice.database.critical",
        "com.oraclecloud.databaseservice.dbnode.critical",
        "com.oraclecloud.databaseservice.dbsystem.critical",
        "com.oraclecloud.databaseservice.exadatainfrastructure.critical",
    ),
}


def rule_steps(compartment: str, held: Holdings, own_tags: OwnTags = ({}, {})) -> Iterator[Step]:
    """Yield the steps to the rules; rules see the events of their compartment and of those below it."""
    ours: list[Resource] = []
    others: list[Resource] = []
    for rule in sorted(held.rules or (), key=lambda each: each.age):
        (ours if held.owner.owns(rule) else others).append(rule)
    for name, event_types in RULES.items():
        if foreign := [rule for rule in others if rule.name == name]:
            note = "somebody else made a rule of this name; it is kept as it is"
            yield Step("foreign", "rule", name, held.region, compartment, foreign[0].id, note=note)
        yield from _step(
            _details(name, event_types, compartment, held, own_tags), [r for r in ours if r.name == name], held.region
        )


def _details(name: str, event_types: tuple[str, ...], compartment: str, held: Holdings, more: OwnTags) -> dict[str, Any]:
    topic = held.topic_id
    fields = {
        "displayName": name,
        "compartmentId": compartment,
        "isEnabled": True,
        "condition": json.dumps({"eventType": list(event_types)}),
    }
    # The action is told by the topic alone: OCI answers it with more fields than it is given.
    own_tags = {**more[0], tags.OWNER: held.owner.tag(topic), tags.DEFINITION: digest({**fields, "topicId": topic})}
    action = {"actionType": "ONS", "isEnabled": True, "topicId": topic}
    return {
        **fields,
        "actions": {"actions": [action]},
        "freeformTags": own_tags,
        **({"definedTags": more[1]} if more[1] else {}),
    }


def _step(fields: dict[str, Any], existing: list[Resource], region: str) -> Iterator[Step]:
    name, compartment = fields["displayName"], fields["compartmentId"]
    if not existing:
        yield Step("create", "rule", name, region, compartment, details=fields)
        return
    rule = existing[0]
    changes = _changes(fields, rule.fields)
    by_hand = rule.tags.get(tags.DEFINITION) == fields["freeformTags"][tags.DEFINITION]
    if changes:
        action, note = ("changed", "changed by hand; apply puts it back") if by_hand else ("update", "")
        sent = {**fields, "freeformTags": {**rule.tags, **fields["freeformTags"]}}
        yield Step(action, "rule", name, region, compartment, rule.id, rule.etag, sent, changes, note=note)
    else:
        yield Step("keep", "rule", name, region, compartment, rule.id)
    for double in existing[1:]:
        yield Step("delete", "rule", name, region, double.compartment, double.id, double.etag, note="it was made twice")


def _changes(fields: Mapping[str, Any], actual: Mapping[str, Any]) -> tuple[Change, ...]:
    changes = []
    if actual.get("isEnabled") is not True:
        changes.append(Change("isEnabled", actual.get("isEnabled"), True))
    if _types(actual.get("condition")) != _types(fields["condition"]):
        changes.append(Change("condition", actual.get("condition"), fields["condition"]))
    topics = [each.get("topicId") for each in (actual.get("actions") or {}).get("actions", [])]
    wanted = [each["topicId"] for each in fields["actions"]["actions"]]
    if topics != wanted:
        changes.append(Change("actions", topics, wanted))
    return tuple(changes)


def _types(condition: Any) -> object:
    try:
        return json.loads(condition)
    except (TypeError, ValueError):
        return condition
