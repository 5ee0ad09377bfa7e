"""Reading what OCI holds in a region, as far as a command needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from oci_connect import tags
from oci_connect.connection import Connection
from oci_connect.error import FORBIDDEN, CommandError, Refusal
from oci_connect.output import Output
from oci_connect.plan.step import shown
from oci_connect.resource import Resource, resource

ACTIVE = "ACTIVE"
NOT_OURS = (
    "A topic named {name} is there, and oci-connect did not make it: it is kept. "
    "Choose another name with --name, or use that topic with --topic {id}."
)


def topic(connection: Connection, compartment: str, name: str, ocid: str | None) -> Resource | None:
    """Return the topic with this OCID, else the active one of that name that oci-connect made, or None."""
    if ocid:
        return resource(connection.ask(f"read the topic {ocid}", connection.topics.get_topic, ocid).data)
    doing = f"list the topics of {compartment}"
    for each in map(resource, connection.ask_all(doing, connection.topics.list_topics, compartment, name=name)):
        if each.name == name and each.state == ACTIVE:
            if each.tags.get(tags.OWNER) != tags.ITSELF:
                raise CommandError(NOT_OURS.format(name=name, id=each.id))
            return each
    return None


def subscriptions(connection: Connection, compartment: str, topic: Resource | None) -> list[Resource]:
    """Return the subscriptions to a topic, and those to others' topics that were made for it."""
    if not topic:
        return []
    doing = f"list the subscriptions of {compartment}"
    listed = map(resource, connection.ask_all(doing, connection.messages.list_subscriptions, compartment))
    return [each for each in listed if topic.id in (each.fields.get("topicId"), tags.owner(each))]


def listed_alarms(connection: Connection, compartments: Iterable[str]) -> list[Resource]:
    """Return the active alarms of the compartments as OCI lists them: without repeat interval and body."""
    listed: list[Resource] = []
    for compartment in compartments:
        doing = f"list the alarms of {compartment}"
        listed += map(resource, connection.ask_all(doing, connection.monitoring.list_alarms, compartment))
    return [alarm for alarm in listed if alarm.state == ACTIVE]


def alarm(connection: Connection, listed: Resource) -> Resource | None:
    """Return the whole alarm with its etag, or None if it is gone."""
    try:
        reply = connection.ask(f"read the alarm {shown(listed.name)}", connection.monitoring.get_alarm, listed.id)
    except Refusal as e:
        if e.status == FORBIDDEN:
            return None
        raise
    return resource(reply.data, reply.headers.get("etag"))


def alarms(
    connection: Connection, listed: Sequence[Resource], wanted: Callable[[Resource], bool], output: Output
) -> list[Resource]:
    """Return these alarms, those that are wanted as a whole."""
    whole = [each for each in listed if wanted(each)]
    found = {each.id: alarm(connection, each) for each in output.track(whole, f"reading {len(whole)} alarms")}
    return [each for each in (found.get(old.id, old) for old in listed) if each]


def rules(connection: Connection, compartment: str, topic: Resource | None) -> list[Resource]:
    """Return the rules of a compartment, those that were made for the topic as a whole."""
    doing = f"list the rules of {compartment}"
    listed = [resource(each) for each in connection.ask_all(doing, connection.events.list_rules, compartment)]
    return list(_whole_rules(connection, [rule for rule in listed if rule.state == ACTIVE], topic.id if topic else ""))


def _whole_rules(connection: Connection, listed: Sequence[Resource], topic: str) -> Iterator[Resource]:
    for rule in listed:
        if topic and tags.owner(rule) == topic:
            reply = connection.ask(f"read the rule {shown(rule.name)}", connection.events.get_rule, rule.id)
            yield resource(reply.data, reply.headers.get("etag"))
        else:
            yield rule


def compartments(connection: Connection, roots: Sequence[str], *, subtree: bool) -> Mapping[str, str]:
    """Return the compartments and, if wanted, all below them: OCID -> name, or the OCID where the name was not asked for."""
    found = dict.fromkeys(roots, "")
    waiting = list(roots) if subtree else []
    while waiting:
        parent = waiting.pop(0)
        doing = f"list the compartments below {parent}"
        # Below the root OCI lists the whole tree only for a tenancy, so that each level is asked for.
        children = connection.ask_all(doing, connection.identity.list_compartments, parent, access_level="ACCESSIBLE")
        for child in children:
            if child.lifecycle_state == ACTIVE:
                if child.id not in found:
                    waiting.append(child.id)
                found[child.id] = child.name
    return {ocid: name or ocid for ocid, name in found.items()}
