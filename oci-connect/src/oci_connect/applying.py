"""apply: the topic, its subscription, the alarms of the file and the rules of the Events service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from oci_connect import confirmation, read, tags
from oci_connect.carry_out import carry_out
from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.duration import WHY_REPEAT, too_long
from oci_connect.error import TimedOut
from oci_connect.plan.alarms import alarm_steps
from oci_connect.plan.attach import REPEAT
from oci_connect.plan.rules import rule_steps
from oci_connect.plan.step import Step, shown
from oci_connect.plan.subscriptions import ALIVE, subscription_steps, topic_steps
from oci_connect.resource import Holdings


def apply(context: Context) -> None:
    """Make what is missing, put back what was changed, wait until the subscription is active, and delete the old one."""
    _warn_of_repeats(context)
    plans = [(connection, list(_steps(context, connection))) for connection in context.connections]
    late = [step for _, steps in plans for step in steps if step.late]
    if context.arguments.shows_only:
        for step in (step for _, steps in plans for step in steps):
            context.output.step(step)
        return
    if late:
        names = ", ".join(dict.fromkeys(step.name for step in late))
        context.confirm(f"Delete the subscription to the old webhook URL, {names}, once the new one is active?")
    for connection, steps in plans:
        carry_out(connection, partial(_steps, context, connection), context.output)
        _wait_until_active(context, connection)
        carry_out(connection, partial(list, [replace(step, late=False) for step in steps if step.late]), context.output)


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
        listed = read.listed_alarms(connection, context.alarm_compartments)
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
    alive = [each for each in held.subscriptions if each.fields["endpoint"] == context.url and each.state in ALIVE]
    if not any(each.fields["topicId"] == held.topic.id for each in alive):
        raise TimedOut("The subscription has disappeared again. Run apply once more.")
    for each in alive:
        confirmation.wait_until_active(context, connection, each.id, each.state)
