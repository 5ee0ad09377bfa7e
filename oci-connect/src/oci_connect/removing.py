"""remove: restore attached alarms, then delete what oci-connect created for the set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from oci_connect import attaching, read
from oci_connect.carry_out import carry_out
from oci_connect.connection import Connection
from oci_connect.context import Context, Work
from oci_connect.error import FORBIDDEN, Refusal
from oci_connect.plan.attach import topics_of
from oci_connect.plan.remove import remove_steps
from oci_connect.plan.step import Step, shown
from oci_connect.resource import Holdings, Resource

ORPHAN = "somebody set the topic as its destination by hand: without the topic this destination notifies nobody."
NOT_SEARCHED = (
    "The tenancy cannot be searched for alarms that need the topic ({code}: `read alarms in tenancy` is needed): "
    "the topic is kept. --force deletes it all the same."
)
NOT_SEARCHED_FORCED = (
    "The tenancy could not be searched ({code}): alarms in other compartments would notify nobody without the topic."
)
NO_RULES = (
    "The rules of the Events service cannot be seen ({code}), so that none is removed: manage cloudevents-rules is needed."
)
KEEP_TOPIC = "It is kept, because other alarms may need it."


def remove(context: Context) -> None:
    """Detach alarms and delete the set's resources, after confirmation."""
    context.plan_and_do(_plan, "Delete and detach all this?")


def _plan(context: Context, connection: Connection) -> Work | None:
    held, is_whole = _held_for_removal(context, connection)
    context.tell_foreign(held)
    attached = [alarm for alarm in held.alarms if attaching.is_attached(held)(alarm)]
    removals = [_keep_topic(step) if step.what == "topic" and not is_whole else step for step in remove_steps(held)]
    steps = [*attaching.detachments(held, attached), *removals]
    if not any(step.runs for step in steps):
        context.output.say("There is nothing that oci-connect made.")
        return None
    for step in steps:
        context.output.step(step)
    _warn_of_orphans(context, held, {step.id for step in steps})

    def work() -> None:
        detached = attaching.run_detachments(context, connection, held, attached)
        # The topic is deleted last, so that the command can be repeated after a refusal.
        first = [step for step in removals if step.what not in ("subscription", "topic")]
        deleted = carry_out(connection, partial(list, first), context.output)
        if detached and deleted:
            last = [step for step in removals if step.what in ("subscription", "topic")]
            carry_out(connection, partial(list, last), context.output)

    return work


def _keep_topic(step: Step) -> Step:
    return replace(step, action="keep", note=KEEP_TOPIC)


def _warn_of_orphans(context: Context, held: Holdings, handled: set[str]) -> None:
    for alarm in held.alarms:
        if held.topic_id in topics_of(alarm) and alarm.id not in handled:
            context.output.warn(f"{shown(alarm.name)}: {ORPHAN}")


def _held_for_removal(context: Context, connection: Connection) -> tuple[Holdings, bool]:
    """Return what there is to remove, and whether the whole tenancy was searched for it."""
    held = context.held(connection, needed=False, orphans=True)
    listed, is_whole = _search(context, connection)
    alarms = read.alarms(connection, listed, attaching.is_attached(held), context.output)
    return replace(held, alarms=alarms, rules=_rules(context, connection, held)), is_whole


def _search(context: Context, connection: Connection) -> tuple[Sequence[Resource], bool]:
    """Return the alarms of the tenancy and True; if that is forbidden, those of the given compartments."""
    try:
        return read.alarms_below(connection, connection.tenancy), True
    except Refusal as e:
        forced = context.arguments.force
        if e.status != FORBIDDEN and not forced:
            raise
        context.output.warn((NOT_SEARCHED_FORCED if forced else NOT_SEARCHED).format(code=e.code))
        listed, unseen = read.listed_alarms(connection, context.alarm_compartments, context.output)
        return listed, forced and not unseen


def _rules(context: Context, connection: Connection, held: Holdings) -> list[Resource]:
    try:
        return read.rules(connection, context.rules_compartment, held.owner)
    except Refusal as e:
        if context.arguments.events:
            raise
        context.output.refused_unless_forbidden(e, NO_RULES)
        return []
