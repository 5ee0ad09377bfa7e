"""Read the resources of a region, including those of this run that OCI's lists do not show yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from oci_connect.connection import Connection
from oci_connect.error import FORBIDDEN, UNKNOWN_USER, ForeignTopic, Refusal
from oci_connect.output import Output
from oci_connect.plan.step import shown
from oci_connect.resource import Resource, resource
from oci_connect.tags import Owner

ACTIVE = "ACTIVE"
CREATING = ("CREATING", ACTIVE)
GONE = ("DELETING", "DELETED")
POLL_INTERVAL = 0.5  # seconds
NOT_OURS = (
    "A topic named {name} is there, and oci-connect did not make it: it is kept. "
    "Choose another name with --name, or use that topic with --topic {id}."
)
UNSEEN = "The alarms of compartment {compartment} in {region} cannot be listed ({code}): nothing is said or done about them."
TENANCY = "ocid1.tenancy."


def topic(connection: Connection, compartment: str, owner: Owner, ocid: str | None) -> Resource | None:
    """Return the topic with this OCID, or oci-connect's active topic of this name, or None."""
    doing = f"read the topic {ocid}" if ocid else f"list the topics of {compartment}"
    if ocid:
        try:
            return resource(connection.ask(doing, connection.topics.get_topic, ocid).data)
        except Refusal as e:
            if e.status == FORBIDDEN and compartment:
                return None
            raise
    listed = map(resource, connection.ask_all(doing, connection.topics.list_topics, compartment, name=owner.name))
    for each in _with_made(connection, "topic", list(listed)):
        if each.name == owner.name and each.state in CREATING:
            if not owner.owns(each):
                raise ForeignTopic(NOT_OURS.format(name=owner.name, id=each.id))
            return _once_active(connection, each)
    return None


def moved_topic(connection: Connection, owner: Owner, subscriptions: Sequence[Resource]) -> Resource | None:
    """Return the topic of a set that was moved to another compartment, by its subscriptions."""
    for ocid in dict.fromkeys(str(each.fields.get("topicId")) for each in subscriptions if owner.owns(each)):
        try:
            reply = connection.ask(f"read the topic {ocid}", connection.topics.get_topic, ocid)
        except Refusal as e:
            if e.status != FORBIDDEN:
                raise
            continue
        topic = resource(reply.data, reply.headers.get("etag"))
        if owner.owns(topic) and topic.state not in GONE:
            return topic
    return None


def is_being_deleted(connection: Connection, compartment: str, name: str) -> bool:
    """Say whether OCI still deletes a topic of this name."""
    listed = connection.ask_all(f"list the topics of {compartment}", connection.topics.list_topics, compartment, name=name)
    return any(each.lifecycle_state == "DELETING" for each in listed)


def _once_active(connection: Connection, topic: Resource) -> Resource:
    """Return a topic that OCI is creating as soon as it is active."""
    deadline = time.monotonic() + connection.wait
    while topic.state != ACTIVE and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)
        try:
            reply = connection.ask(f"read the topic {topic.name}", connection.topics.get_topic, topic.id, about=topic)
            topic = resource(reply.data, reply.headers.get("etag"))
        except Refusal as e:
            if e.status != FORBIDDEN:
                raise
    return topic


def _with_made(connection: Connection, what: str, listed: Sequence[Resource]) -> list[Resource]:
    """Return a list without the deletions of this run, and with its creations."""
    ids = {each.id for each in listed}
    made = [each for each in connection.made[what].values() if each.id not in ids]
    return [each for each in (*listed, *made) if each.id not in connection.deleted]


def subscriptions(connection: Connection, compartment: str, owner: Owner, topic: Resource | None) -> list[Resource]:
    """Return the subscriptions to a topic, and all that were made for its set."""
    doing = f"list the subscriptions of {compartment}"
    listed = list(map(resource, connection.ask_all(doing, connection.messages.list_subscriptions, compartment)))
    every = _with_made(connection, "subscription", listed)
    return [each for each in every if owner.owns(each) or (topic and each.fields.get("topicId") == topic.id)]


def listed_alarms(connection: Connection, compartments: Sequence[str], output: Output) -> tuple[list[Resource], frozenset[str]]:
    """Return the active alarms of compartments as OCI lists them, and the compartments whose alarms cannot be listed.

    OCI lists a whole tenancy at once, so that one list serves all compartments if the tenancy is among them and has more.
    """
    tenancy = next((each for each in compartments if each.startswith(TENANCY) and len(compartments) > 1), "")
    if tenancy:
        wanted = set(compartments)
        return [each for each in alarms_below(connection, tenancy) if each.compartment in wanted], frozenset()
    connection.monitoring  # noqa: B018 - made once, before threads use it
    found = connection.each(
        compartments,
        lambda each: _list_alarms(connection, each, output, is_only=len(compartments) == 1),
        "listing alarms of compartments",
    )
    unseen = frozenset(place for place, alarms in zip(compartments, found, strict=True) if alarms is None)
    return _active(connection, [alarm for alarms in found for alarm in alarms or ()]), unseen


def alarms_below(connection: Connection, tenancy: str) -> list[Resource]:
    """Return the active alarms of a whole tenancy."""
    call = connection.monitoring.list_alarms
    doing = f"list the alarms of {tenancy} and below"
    return _active(
        connection, map_resources(connection.ask_all(doing, call, tenancy, compartment_id_in_subtree=True, limit=1000))
    )


def map_resources(models: Sequence[object]) -> list[Resource]:
    """Return models of the SDK as resources."""
    return [resource(each) for each in models]


def _active(connection: Connection, listed: Sequence[Resource]) -> list[Resource]:
    return [alarm for alarm in _with_made(connection, "alarm", listed) if alarm.state == ACTIVE]


def _list_alarms(connection: Connection, compartment: str, output: Output, *, is_only: bool) -> list[Resource] | None:
    try:
        doing = f"list the alarms of {compartment}"
        return map_resources(connection.ask_all(doing, connection.monitoring.list_alarms, compartment))
    except Refusal as e:
        if is_only or e.status == UNKNOWN_USER:
            raise
        if e.status == FORBIDDEN:
            output.warn(UNSEEN.format(compartment=compartment, region=connection.region, code=e.code))
        else:
            output.refused(e)
        return None


def alarm(connection: Connection, listed: Resource) -> Resource:
    """Return the full alarm with its etag."""
    return _whole(connection, "alarm", connection.monitoring.get_alarm, listed)


def alarms(
    connection: Connection, listed: Sequence[Resource], wanted: Callable[[Resource], bool], output: Output
) -> list[Resource]:
    """Return these alarms, the wanted ones in full; one that cannot be read is reported and left out."""
    whole = [each for each in listed if wanted(each)]

    def read(each: Resource) -> Resource | None:
        try:
            return alarm(connection, each)
        except Refusal as e:
            if e.status == UNKNOWN_USER:
                raise
            if e.status != FORBIDDEN or is_listed(each):  # else somebody has deleted it meanwhile
                output.refused(e)
            return None

    @cache
    def ids_in(compartment: str) -> set[str]:
        found = connection.ask_all(f"list the alarms of {compartment}", connection.monitoring.list_alarms, compartment)
        return {each.id for each in map_resources(found)}

    def is_listed(each: Resource) -> bool:
        try:
            return each.id in ids_in(each.compartment)
        except Refusal:
            return True  # unknown

    connection.monitoring  # noqa: B018 - made once, before threads use it
    found = dict(zip((each.id for each in whole), connection.each(whole, read, "reading alarms"), strict=True))
    return [each for each in (found.get(old.id, old) for old in listed) if each]


def rules(connection: Connection, compartment: str, owner: Owner) -> list[Resource]:
    """Return the rules of a compartment, those that were made for the set as a whole."""
    doing = f"list the rules of {compartment}"
    listed = _with_made(connection, "rule", map_resources(connection.ask_all(doing, connection.events.list_rules, compartment)))
    get_rule = connection.events.get_rule
    return [
        _whole(connection, "rule", get_rule, rule) if owner.owns(rule) else rule for rule in listed if rule.state not in GONE
    ]


def _whole(connection: Connection, what: str, get: Callable[..., Any], listed: Resource) -> Resource:
    """Return a listed alarm or rule in full, or the answer to its creation if it is not readable yet."""
    try:
        reply = connection.ask(f"read the {what} {shown(listed.name)}", get, listed.id, about=listed)
    except Refusal as e:
        if e.status == FORBIDDEN and listed.id in connection.made[what]:
            return connection.made[what][listed.id]
        raise
    return resource(reply.data, reply.headers.get("etag"))


def compartments(connection: Connection, roots: Sequence[str], output: Output, *, subtree: bool) -> Mapping[str, str]:
    """Return the compartments and, if wanted, all below them: OCID -> name, or the OCID where the name was not asked for."""
    found = dict.fromkeys(roots, "")
    if subtree:
        with output.waiting("listing the compartments"):
            for root in roots:
                _add_below(connection, root, found)
    return {ocid: name or ocid for ocid, name in found.items()}


def _add_below(connection: Connection, root: str, found: dict[str, str]) -> None:
    """Add the compartments below a root: one call for a tenancy, else one call per level."""
    is_tenancy, waiting = root.startswith(TENANCY), [root]
    more = {"compartment_id_in_subtree": True, "limit": 1000} if is_tenancy else {}
    for parent in waiting:
        doing = f"list the compartments below {parent}"
        call = connection.identity.list_compartments
        for child in connection.ask_all(doing, call, parent, access_level="ACCESSIBLE", **more):
            if child.lifecycle_state == ACTIVE:
                if child.id not in found and not is_tenancy:
                    waiting.append(child.id)
                found[child.id] = child.name
