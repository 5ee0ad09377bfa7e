"""apply: the topic, its subscription, the alarms of the file and the rules of the Events service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from oci_connect import confirmation, definitions, read, tags
from oci_connect.carry_out import attempt, carry_out
from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.duration import WHY_REPEAT, too_long
from oci_connect.error import TimedOut
from oci_connect.plan.alarms import alarm_steps
from oci_connect.plan.attach import REPEAT, readopt_step
from oci_connect.plan.rules import rule_steps
from oci_connect.plan.step import Step, shown
from oci_connect.plan.subscriptions import ALIVE, retry_step, subscription_steps, topic_steps
from oci_connect.resource import Holdings, Resource

LATE = "Delete the subscription to the old webhook URL, {names}, once the new one is active?"
TUNED = "Put back what was changed by hand: {names}?"
STEPPED_DOWN = "OCI does not take {asked:g} hours of retries: it tries for {taken:g} hours."
NO_RETRY = (
    "OCI takes no retry time of {asked:g} hours or less: deliveries are tried for as long as before, two hours by default."
)


def apply(context: Context) -> None:
    """Create and restore resources, wait until the subscription is active, and delete the old one."""
    _warn_of_repeats(context)
    plans: list[tuple[Connection, list[Step]]] = []
    for connection in context.connections:
        with context.isolate(connection):
            plans.append((connection, list(_steps(context, connection))))
    if context.arguments.shows_only:
        for step in (step for _, steps in plans for step in steps):
            context.output.step(step)
        return
    _ask(context, [step for _, steps in plans for step in steps])
    for connection, steps in plans:
        with context.isolate(connection):
            _apply(context, connection, steps)


def _ask(context: Context, steps: Sequence[Step]) -> None:
    """Ask before a subscription is deleted, or manual changes are reverted."""
    for question, asked in ((LATE, [s for s in steps if s.late]), (TUNED, [s for s in steps if s.action == "changed"])):
        if asked:
            context.confirm(question.format(names=", ".join(dict.fromkeys(shown(step.name) for step in asked))))


def _apply(context: Context, connection: Connection, steps: Sequence[Step]) -> None:
    carry_out(connection, partial(_steps, context, connection), context.output)
    if not context.held(connection, needed=False).topic:
        return  # it was refused
    _wait_until_active(context, connection)
    _set_retry(context, connection)
    carry_out(connection, partial(list, [replace(step, late=False) for step in steps if step.late]), context.output)


def _steps(context: Context, connection: Connection) -> Iterator[Step]:
    held, mine = _held(context, connection), context.own_tags
    file = "" if context.arguments.no_alarms else definitions.alarm_file(context.arguments.alarms).name
    yield from topic_steps(context.home, held, file, mine)
    subscriptions = list(subscription_steps(context.url, context.home, held, mine))
    yield from (step for step in subscriptions if not step.late)
    if not context.arguments.no_alarms:
        yield from alarm_steps(context.definitions, list(context.compartments), held, mine)
    yield from (step for alarm in held.alarms if held.topic and (step := readopt_step(alarm, held)))
    if context.arguments.events:
        yield from rule_steps(context.rules_compartment, held, mine)
    yield from (step for step in subscriptions if step.late)


def _held(context: Context, connection: Connection) -> Holdings:
    held = context.held(connection, needed=False)
    listed, unseen = read.listed_alarms(connection, context.alarm_compartments, context.output)
    alarms = read.alarms(connection, listed, lambda each: _is_of(each, held), context.output)
    held = replace(held, alarms=alarms, unseen=unseen)
    if context.arguments.events:
        held = replace(held, rules=read.rules(connection, context.rules_compartment, held.owner))
    return held


def _is_of(alarm: Resource, held: Holdings) -> bool:
    """Say whether an alarm was created for the set, or is attached to its deleted topic."""
    mark = tags.mark_of(alarm.tags, held.owner)
    return held.owner.owns(alarm) or (mark is not None and mark.topic != held.topic_id)


def _warn_of_repeats(context: Context) -> None:
    for each in context.definitions:
        if too_long(each[REPEAT]):
            context.output.warn(f"{shown(each['displayName'])}: {REPEAT} {each[REPEAT]}: {WHY_REPEAT}.")


def _wait_until_active(context: Context, connection: Connection) -> None:
    held = context.held(connection)
    alive = [each for each in held.subscriptions if each.fields["endpoint"] == context.url and each.state in ALIVE]
    if context.output.refusals and not alive:
        return  # OCI refused it, which is told at the end
    if not any(each.fields["topicId"] == held.topic_id for each in alive):
        raise TimedOut("The subscription has disappeared again. Run apply once more.")
    for each in alive:
        confirmation.wait_until_active(context, connection, each.id, each.state)


def _set_retry(context: Context, connection: Connection) -> None:
    """Set the retry time to --retry-hours; halve it while OCI refuses it."""
    held = context.held(connection)
    for each in held.subscriptions:
        if held.owner.owns(each) and each.fields["endpoint"] == context.url and each.state in ALIVE:
            hours = context.arguments.retry_hours
            while (step := retry_step(each, hours, held)) and not _takes(context, connection, step):
                hours /= 2
                if hours < 1:
                    context.output.warn(NO_RETRY.format(asked=context.arguments.retry_hours))
                    break
            if 1 <= hours < context.arguments.retry_hours:
                context.output.warn(STEPPED_DOWN.format(asked=context.arguments.retry_hours, taken=hours))


def _takes(context: Context, connection: Connection, step: Step) -> bool:
    refusal = attempt(connection, step, context.output)
    if refusal and refusal.status == 400:
        return False
    if refusal:
        context.output.refused(refusal)
    context.output.step(step, outcome="refused" if refusal else "done")
    return True
