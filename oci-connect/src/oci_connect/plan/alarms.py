"""Plan the alarms of the alarm file."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oci_connect import tags
from oci_connect.duration import seconds
from oci_connect.plan.step import CLEAR, Change, Step
from oci_connect.resource import Holdings, OwnTags, Resource

EMPTY_VALUES = {  # optional field -> the value to send if it is not in the file
    "body": CLEAR,
    "notificationTitle": CLEAR,
    "alarmSummary": CLEAR,
    "resourceGroup": CLEAR,
    "overrides": [],
    "isNotificationsPerMetricDimensionEnabled": False,
    "metricCompartmentIdInSubtree": False,
    "evaluationSlackDuration": "PT3M",  # OCI's default
}
TAGS = ("freeformTags", "definedTags")  # a command line may give others than the one before
SHOWN = ("query", "severity", "pendingDuration")  # of an alarm that is to be made
Place = tuple[str, str]  # name, compartment


def wanted(definition: Mapping[str, Any], compartment: str, held: Holdings, more: OwnTags = ({}, {})) -> dict[str, Any]:
    """Return the fields that an alarm of the file is to have in a compartment."""
    destinations = {"destinations": definition.get("destinations", [held.topic_id])}
    fields = {"metricCompartmentId": compartment, **definition, "compartmentId": compartment, **destinations}
    own_tags = {**more[0], tags.OWNER: held.owner.tag(held.topic_id), tags.DEFINITION: digest(fields)}
    defined = {"definedTags": more[1]} if more[1] else {}
    return {**fields, "freeformTags": {**definition.get("freeformTags", {}), **own_tags}, **defined}


def digest(fields: Mapping[str, Any]) -> str:
    """Return a hash of a definition, which tells a changed file from a manual change."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def differences(fields: Mapping[str, Any], actual: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return the differing fields."""
    changes = [Change(f, actual.get(f), value) for f, value in fields.items() if not same(value, actual.get(f))]
    changes += [
        Change(f, actual[f], None if empty is CLEAR else empty)
        for f, empty in EMPTY_VALUES.items()
        if f not in fields and actual.get(f) and not same(empty, actual[f])
    ]
    return tuple(changes)


def same(value: Any, actual: Any) -> bool:
    """Say whether a field has the wanted value, in any of OCI's spellings."""
    if isinstance(value, Mapping):  # tags, rules: additions of others are ignored
        return isinstance(actual, Mapping) and all(same(each, actual.get(key)) for key, each in value.items())
    if isinstance(value, list) and isinstance(actual, list):
        return len(value) == len(actual) and all(map(same, value, actual))
    length = seconds(value)
    return bool(value == actual or (length is not None and length == seconds(actual)))


def alarm_steps(
    definitions: Sequence[Mapping[str, Any]], compartments: Sequence[str], held: Holdings, own_tags: OwnTags = ({}, {})
) -> Iterator[Step]:
    """Yield the steps to the alarms of the file, in each compartment whose alarms could be listed."""
    ours, others = _by_place(held)
    places: set[Place] = set()
    for definition in definitions:
        for compartment in [definition["compartmentId"]] if "compartmentId" in definition else compartments:
            if compartment in held.unseen:
                continue
            place = (definition["displayName"], compartment)
            places.add(place)
            if place in others:
                note = "somebody else made an alarm of this name; it is kept as it is"
                yield Step("foreign", "alarm", place[0], held.region, compartment, others[place][0].id, note=note)
            yield _step(wanted(definition, compartment, held, own_tags), ours[place][:1], held.region)
    for (name, compartment), alarms in sorted(ours.items()):
        for double in alarms[1:]:
            yield Step("delete", "alarm", name, held.region, compartment, double.id, double.etag, note="it was made twice")
        if (name, compartment) not in places:
            note = (
                "oci-connect made it, and the alarm file no longer has it; it is kept: delete it in the console, or by remove"
            )
            yield Step("leftover", "alarm", name, held.region, compartment, alarms[0].id, note=note)


def _step(fields: dict[str, Any], existing: Sequence[Resource], region: str) -> Step:
    name, compartment = fields["displayName"], fields["compartmentId"]
    if not existing:
        now = {name: fields[name] for name in SHOWN if name in fields}
        return Step("create", "alarm", name, region, compartment, details=fields, now=now)
    (alarm,) = existing
    changes = differences(fields, alarm.fields)
    if not changes:
        return Step("keep", "alarm", name, region, compartment, alarm.id)
    told = tuple(change for change in changes if change.field not in TAGS)
    by_hand = bool(told) and alarm.tags.get(tags.DEFINITION) == fields["freeformTags"][tags.DEFINITION]
    details = {**fields, "freeformTags": {**alarm.tags, **fields["freeformTags"]}}
    details |= {change.field: EMPTY_VALUES[change.field] for change in changes if change.field not in fields}
    note = "changed by hand; apply puts it back" if by_hand else ""
    return Step(
        "changed" if by_hand else "update",
        "alarm",
        name,
        region,
        compartment,
        alarm.id,
        alarm.etag,
        details,
        told or changes,
        note=note,
    )


def _by_place(held: Holdings) -> tuple[dict[Place, list[Resource]], dict[Place, list[Resource]]]:
    """Return the alarms that belong to the set and the others, by place, the oldest first."""
    ours: dict[Place, list[Resource]] = defaultdict(list)
    others: dict[Place, list[Resource]] = defaultdict(list)
    for alarm in sorted(held.alarms, key=lambda each: each.age):
        (ours if held.owner.owns(alarm) else others)[alarm.name, alarm.compartment].append(alarm)
    return ours, others
