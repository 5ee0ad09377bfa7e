"""attach and detach: alarms that are there notify the topic, and get back what they were."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from functools import partial

from oci_connect import confirmation, read, tags
from oci_connect.carry_out import carry_out
from oci_connect.connection import Connection
from oci_connect.context import Context, Work
from oci_connect.plan.attach import REPEAT, attach_step, subscribe_steps
from oci_connect.plan.detach import detach_step, unsubscribe_steps
from oci_connect.plan.step import Step
from oci_connect.plan.subscriptions import ALIVE, subscriptions_of
from oci_connect.resource import Holdings, Resource

ALL_DESTINATIONS = "A repeat interval is the alarm's: its other destinations, as e-mail, are notified as often."
KEPT_IN_A_TAG = "What each alarm was is kept in a tag of the alarm, and detach puts it back."
NOT_ACTIVE = "The topic has no active subscription to a webhook, so that nothing reaches SpaceONE: run apply."
COUNTED = {"attach": "to attach", "keep": "attached already", "full": "with no room", "foreign": "somebody else's"}


def attach(context: Context) -> None:
    """Let alarms that are there notify the topic, after asking."""
    context.plan_and_do(_plan_attach, "Attach these alarms?")


def _plan_attach(context: Context, connection: Connection) -> Work | None:
    held = context.held(connection)
    topic = held.topic
    assert topic
    listed = [each for each in read.listed_alarms(connection, context.compartments) if _is_meant(context, each)]
    alarms = read.alarms(connection, listed, lambda _: True, context.output)
    steps = [_attach_step(context, held, alarm) for alarm in alarms]
    subscriptions = subscribe_steps(steps, topic.id, context.url, context.home, held)
    _show(context, [*subscriptions, *steps])
    if not any(each.state == "ACTIVE" for each in subscriptions_of(held, topic.id)):
        context.output.warn(NOT_ACTIVE)

    def work() -> None:
        _subscribe(context, connection, subscriptions, topic)
        _run(context, connection, alarms, partial(_attach_step, context, held))

    return work if any(step.runs for step in [*subscriptions, *steps]) else None


def _attach_step(context: Context, held: Holdings, alarm: Resource) -> Step:
    assert held.topic
    return attach_step(alarm, held.topic.id, held.region, their_topics=context.arguments.their_topics)


def _is_meant(context: Context, alarm: Resource) -> bool:
    patterns = context.arguments.alarm or ["*"]
    return any(fnmatch.fnmatchcase(alarm.name.lower(), pattern.lower()) for pattern in patterns)


def _show(context: Context, steps: Sequence[Step]) -> None:
    output = context.output
    for step in steps:
        output.step(step)
    alarms = [step for step in steps if step.what == "alarm"]
    if not alarms:
        output.say("There is no such alarm in these compartments.")
        return
    if any(step.action == "attach" for step in alarms):
        output.say(KEPT_IN_A_TAG)
    if any(change.field == REPEAT for step in steps for change in step.changes):
        output.say(ALL_DESTINATIONS)
    counts = {words: sum(step.action == action for step in alarms) for action, words in COUNTED.items()}
    output.say(f"{len(alarms)} alarms: " + ", ".join(f"{count} {words}" for words, count in counts.items() if count))


def _subscribe(context: Context, connection: Connection, steps: Sequence[Step], topic: Resource) -> None:
    """Subscribe the webhook to topics of others, and wait until that is confirmed: then no message is lost."""
    if not steps:
        return
    carry_out(connection, partial(list, steps), context.output)
    wanted = {step.through for step in steps}
    for each in read.subscriptions(connection, context.home, topic):
        if tags.owner(each) == topic.id and each.fields.get("topicId") in wanted and each.state in ALIVE:
            confirmation.wait_until_active(context, connection, each.id, each.state)


def detach(context: Context) -> None:
    """Give attached alarms back what they were, after asking."""
    context.plan_and_do(_plan_detach, "Detach these alarms?")


def _plan_detach(context: Context, connection: Connection) -> Work | None:
    held = context.held(connection)
    listed = read.listed_alarms(connection, context.compartments)
    alarms = read.alarms(connection, listed, is_attached(held.topic), context.output)
    meant = [alarm for alarm in alarms if _is_meant(context, alarm)]
    steps = detachments(held, meant)
    subscriptions = list(unsubscribe_steps(alarms, steps, held.topic.id if held.topic else "", held))
    for step in [*steps, *subscriptions]:
        context.output.step(step)

    def work() -> None:
        run_detachments(context, connection, held, meant)
        carry_out(connection, partial(list, subscriptions), context.output)

    if [*steps, *subscriptions]:
        return work
    context.output.say("No such alarm is attached to the topic in these compartments.")
    return None


def is_attached(topic: Resource | None) -> Callable[[Resource], bool]:
    """Return a test whether an alarm is attached to a topic."""
    return lambda alarm: topic is not None and tags.mark_of(alarm.tags, topic.id) is not None


def detachments(held: Holdings, alarms: Sequence[Resource]) -> list[Step]:
    """Return the steps that detach alarms."""
    return [step for alarm in alarms if (step := _detach_step(held, alarm))]


def run_detachments(context: Context, connection: Connection, held: Holdings, alarms: Sequence[Resource]) -> None:
    """Detach alarms; one that somebody changes meanwhile is read and decided again."""
    _run(context, connection, alarms, partial(_detach_step, held))


def _detach_step(held: Holdings, alarm: Resource) -> Step | None:
    return detach_step(alarm, held.topic.id, held.region) if held.topic else None


def _run(
    context: Context, connection: Connection, alarms: Sequence[Resource], decide: Callable[[Resource], Step | None]
) -> None:
    current: dict[str, Resource | None] = {alarm.id: alarm for alarm in alarms}
    stale: set[str] = set()

    def steps() -> list[Step]:
        for ocid in stale:
            old = current[ocid]
            current[ocid] = read.alarm(connection, old) if old else None
        stale.clear()
        return [step for alarm in current.values() if alarm and (step := decide(alarm))]

    carry_out(connection, steps, context.output, forget=lambda step: stale.add(step.id))
