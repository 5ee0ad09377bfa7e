"""apply and remove: the topic, its subscription, the alarms of the file and the rules of the Events service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oci_connect import attaching, confirmation, read, tags
from oci_connect.carry_out import carry_out
from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.duration import WHY_REPEAT, too_long
from oci_connect.error import Refusal, TimedOut
from oci_connect.plan.alarms import alarm_steps
from oci_connect.plan.attach import REPEAT, topics_of
from oci_connect.plan.remove import remove_steps
from oci_connect.plan.rules import rule_steps
from oci_connect.plan.step import Step, shown
from oci_connect.plan.subscriptions import subscription_steps, subscriptions_of, topic_steps
from oci_connect.resource import Holdings, Resource

ORPHAN = "somebody set the topic as its destination by hand: without the topic this destination notifies nobody."
NO_RULES = (
    "The rules of the Events service cannot be seen ({code}), so that none is removed: manage cloudevents-rules is needed."
)


def apply(context: Context) -> None:
    """Make what is missing, put back what was changed, wait until the subscription is active, and delete the old one."""
    for connection in context.by_region():
        first = list(_steps(context, connection))
        _warn_of_repeats(context)
        if context.arguments.shows_only:
            for step in first:
                context.output.step(step)
            continue
        late = [step for step in first if step.late]
        if late:
            names = ", ".join(step.name for step in late)
            context.confirm(f"Delete the subscription to the old webhook URL, {names}, once the new one is active?")
        carry_out(connection, lambda c=connection: _steps(context, c), context.output)  # type: ignore[misc]
        _wait_until_active(context, connection)
        if late:
            carry_out(connection, lambda steps=late: [replace(step, late=False) for step in steps], context.output)  # type: ignore[misc]


def _steps(context: Context, connection: Connection) -> Iterator[Step]:
    held = _held(context, connection)
    yield from topic_steps(context.arguments.name, context.home, held)
    subscriptions = list(subscription_steps(context.url, context.home, held))
    yield from (step for step in subscriptions if not step.late)
    if not context.arguments.no_alarms:
        yield from alarm_steps(context.definitions, list(context.compartments), held)
    if context.arguments.events:
        yield from rule_steps(context.rules_compartment, held)
    yield from (step for step in subscriptions if step.late)


def _held(context: Context, connection: Connection) -> Holdings:
    topic = context.topic(connection)
    held = Holdings(connection.region, topic, read.subscriptions(connection, context.home, topic))
    if not context.arguments.no_alarms:
        elsewhere = {each["compartmentId"] for each in context.definitions if "compartmentId" in each}
        listed = read.listed_alarms(connection, dict.fromkeys([*context.compartments, *sorted(elsewhere)]))
        held = replace(
            held,
            alarms=read.alarms(
                connection, listed, lambda each: topic is not None and tags.owner(each) == topic.id, context.output
            ),
        )
    if context.arguments.events:
        held = replace(held, rules=read.rules(connection, context.rules_compartment, topic))
    return held


def _warn_of_repeats(context: Context) -> None:
    for each in context.definitions:
        if too_long(each[REPEAT]):
            context.output.warn(f"{shown(each['displayName'])}: {REPEAT} {each[REPEAT]}: {WHY_REPEAT}.")


def _wait_until_active(context: Context, connection: Connection) -> None:
    held = context.held(connection)
    assert held.topic
    found = [each for each in subscriptions_of(held, held.topic.id) if each.fields["endpoint"] == context.url]
    if not found:
        raise TimedOut("The subscription has disappeared again. Run apply once more.")
    confirmation.wait_until_active(context, connection, found[0].id, str(found[0].state))


def remove(context: Context) -> None:
    """Detach what is attached, and delete what oci-connect made for the topic, after asking."""
    for connection in context.by_region():
        held = _held_for_removal(context, connection)
        attached = [alarm for alarm in held.alarms if attaching.is_attached(held.topic)(alarm)]
        steps = [*attaching.detachments(held, attached), *remove_steps(held)]
        if not any(step.runs for step in steps):
            context.output.say("There is nothing that oci-connect made.")
            continue
        for step in steps:
            context.output.step(step)
        _warn_of_orphans(context, held, {step.id for step in steps})
        if context.arguments.shows_only:
            continue
        context.confirm("Delete and detach all this?")
        context.output.carry_out()
        attaching.run_detachments(context, connection, held, attached)
        carry_out(connection, lambda held=held: remove_steps(held), context.output)  # type: ignore[misc]


def _warn_of_orphans(context: Context, held: Holdings, handled: set[str]) -> None:
    for alarm in held.alarms:
        if held.topic and held.topic.id in topics_of(alarm) and alarm.id not in handled:
            context.output.warn(f"{shown(alarm.name)}: {ORPHAN}")


def _held_for_removal(context: Context, connection: Connection) -> Holdings:
    topic = context.topic(connection)
    if not topic:
        return Holdings(connection.region, None)
    listed = read.listed_alarms(connection, context.compartments)
    alarms = read.alarms(connection, listed, attaching.is_attached(topic), context.output)
    subscriptions = read.subscriptions(connection, context.home, topic)
    return Holdings(connection.region, topic, subscriptions, alarms, _rules(context, connection, topic))


def _rules(context: Context, connection: Connection, topic: Resource) -> list[Resource]:
    try:
        return read.rules(connection, context.rules_compartment, topic)
    except Refusal as e:
        if context.arguments.events:
            raise
        context.output.warn(NO_RULES.format(code=e.code))
        return []
