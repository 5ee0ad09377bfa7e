"""remove: what oci-connect made for the topic is deleted, after attached alarms got back what they were."""

from __future__ import annotations

from functools import partial

from oci_connect import attaching, read
from oci_connect.carry_out import carry_out
from oci_connect.connection import Connection
from oci_connect.context import Context, Work
from oci_connect.error import Refusal
from oci_connect.plan.attach import topics_of
from oci_connect.plan.remove import remove_steps
from oci_connect.plan.step import shown
from oci_connect.resource import Holdings, Resource

ORPHAN = "somebody set the topic as its destination by hand: without the topic this destination notifies nobody."
ONLY_HERE = (
    "Alarms in other compartments are not looked at, and would notify nobody without the topic: name each --compartment, and "
    "the --alarms file, that apply and attach were given."
)
NO_RULES = (
    "The rules of the Events service cannot be seen ({code}), so that none is removed: manage cloudevents-rules is needed."
)


def remove(context: Context) -> None:
    """Detach what is attached, and delete what oci-connect made for the topic, after asking."""
    context.plan_and_do(_plan, "Delete and detach all this?")


def _plan(context: Context, connection: Connection) -> Work | None:
    held = _held_for_removal(context, connection)
    attached = [alarm for alarm in held.alarms if attaching.is_attached(held.topic)(alarm)]
    steps = [*attaching.detachments(held, attached), *remove_steps(held)]
    if not any(step.runs for step in steps):
        context.output.say("There is nothing that oci-connect made.")
        return None
    for step in steps:
        context.output.step(step)
    if held.topic and any(step.id == held.topic.id and step.runs for step in steps):
        context.output.say(ONLY_HERE)
    _warn_of_orphans(context, held, {step.id for step in steps})

    def work() -> None:
        attaching.run_detachments(context, connection, held, attached)
        # The topic goes last, and stays while something of its own is refused: the same command goes on from there.
        for last in (False, True):
            part = [step for step in remove_steps(held) if (step.what in ("subscription", "topic")) is last]
            carry_out(connection, partial(list, part), context.output)

    return work


def _warn_of_orphans(context: Context, held: Holdings, handled: set[str]) -> None:
    for alarm in held.alarms:
        if held.topic and held.topic.id in topics_of(alarm) and alarm.id not in handled:
            context.output.warn(f"{shown(alarm.name)}: {ORPHAN}")


def _held_for_removal(context: Context, connection: Connection) -> Holdings:
    topic = context.topic(connection)
    if not topic:
        return Holdings(connection.region, None)
    listed = read.listed_alarms(connection, context.alarm_compartments)
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
