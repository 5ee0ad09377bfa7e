"""attach and detach existing alarms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from oci_connect import asked, confirmation, policies, read, tags
from oci_connect.carry_out import carry_out
from oci_connect.connection import Connection
from oci_connect.context import Context, Work
from oci_connect.error import Refusal
from oci_connect.plan.attach import FULL, REPEAT, attach_step, subscribe_steps
from oci_connect.plan.detach import detach_step, unsubscribe_steps
from oci_connect.plan.step import Step, shown
from oci_connect.plan.subscriptions import ALIVE, subscriptions_of
from oci_connect.resource import Holdings, Resource

ALL_DESTINATIONS = "A repeat interval is the alarm's: its other destinations, as e-mail, are notified as often."
RESTORED_BY_DETACH = "A tag on each alarm keeps its former settings, and detach restores them."
NOT_ACTIVE = "The topic has no active subscription to a webhook, so that nothing reaches SpaceONE: run apply."
TERRAFORM = (
    "Tags of {count} alarms, {name} among them, name Terraform, whose next apply reverts attach: see "
    "`If Terraform owns your alarms` in docs/oci-connect.md."
)
POLICIES_TOO = "These alarms watch metrics of other compartments, for which these policies are needed too:"
MAX_NAMES = 5  # of alarms with one topic
COUNT_TEXTS = {"attach": "to attach", "keep": "attached already", "full": "full", "foreign": "somebody else's"}


def attach(context: Context) -> None:
    """Attach existing alarms to the topic, after confirmation."""
    context.plan_and_do(_plan_attach, "Attach these alarms?")


def _plan_attach(context: Context, connection: Connection) -> Work | None:
    held = context.held(connection)
    listed, _ = read.listed_alarms(connection, list(context.compartments), context.output)
    meant = [each for each in listed if asked.matches(each, context.arguments.alarm)]
    alarms = read.alarms(connection, meant, lambda each: _has_room(context, held, each), context.output)
    steps = [_attach_step(context, held, alarm) for alarm in alarms]
    subscriptions = subscribe_steps(steps, context.url, context.home, held, context.own_tags)
    _show(context, subscriptions, steps)
    _warn(context, held, alarms)

    def work() -> None:
        remember = asked.remember_step(context.arguments, held)
        carry_out(connection, partial(list, [remember] if remember else []), context.output)
        _subscribe(context, connection, subscriptions, held)
        _run(context, connection, alarms, partial(_attach_step, context, held))

    return work if any(step.runs for step in [*subscriptions, *steps]) else None


def _has_room(context: Context, held: Holdings, listed: Resource) -> bool:
    """Say whether an alarm can be attached, judged by its list entry, so that full ones need not be read."""
    step = _attach_step(context, held, listed)
    return step.action not in ("full", "foreign")


def _attach_step(context: Context, held: Holdings, alarm: Resource) -> Step:
    return attach_step(alarm, held, their_topics=context.arguments.their_topics)


def _warn(context: Context, held: Holdings, alarms: Sequence[Resource]) -> None:
    if not any(each.state == "ACTIVE" for each in subscriptions_of(held, held.topic_id)):
        context.output.warn(NOT_ACTIVE)
    if theirs := [alarm for alarm in alarms if "terraform" in f"{alarm.tags} {alarm.fields.get('definedTags')}".lower()]:
        context.output.warn(TERRAFORM.format(count=len(theirs), name=shown(theirs[0].name)))
    metrics = {str(alarm.fields.get("metricCompartmentId")) for alarm in alarms} - {"None", *context.compartments}
    if metrics and context.arguments.shows_only:
        context.output.policies([policies.read_metrics(each) for each in sorted(metrics)], POLICIES_TOO)


def _show(context: Context, subscriptions: Sequence[Step], alarms: Sequence[Step]) -> None:
    """Print the steps; alarms that have another topic are grouped by it."""
    output = context.output
    full: dict[str, list[Step]] = defaultdict(list)
    for step in [*subscriptions, *alarms]:
        is_grouped = step.action == "full" and bool(step.through)
        output.step(step, is_quiet=is_grouped)
        if is_grouped:
            full[step.through].append(step)
    for topic, steps in full.items():
        names = ", ".join(shown(step.name) for step in steps[:MAX_NAMES]) + (" …" if steps[MAX_NAMES:] else "")
        output.say(f"{'full':<9} {'alarm':<13} {len(steps)} with the topic {topic}: {names}")
    if full:
        output.say(f"{' ' * 10}{FULL}")
    if not alarms:
        output.say("There is no such alarm in these compartments.")
        return
    if any(step.action == "attach" for step in alarms):
        output.say(RESTORED_BY_DETACH)
    if any(change.field == REPEAT for step in alarms for change in step.changes):
        output.say(ALL_DESTINATIONS)
    counts = {words: sum(step.action == action for step in alarms) for action, words in COUNT_TEXTS.items()}
    output.say(f"{len(alarms)} alarms: " + ", ".join(f"{count} {words}" for words, count in counts.items() if count))


def _subscribe(context: Context, connection: Connection, steps: Sequence[Step], held: Holdings) -> None:
    """Subscribe the webhook to other topics, and wait for the confirmation, so that no message is lost."""
    if not steps:
        return
    carry_out(connection, partial(list, steps), context.output)
    wanted = {step.through for step in steps}
    for each in read.subscriptions(connection, context.home, held.owner, held.topic):
        if held.owner.owns(each) and each.fields.get("topicId") in wanted and each.state in ALIVE:
            confirmation.wait_until_active(context, connection, each.id, each.state)


def detach(context: Context) -> None:
    """Restore attached alarms, after confirmation."""
    context.plan_and_do(_plan_detach, "Detach these alarms?")


def _plan_detach(context: Context, connection: Connection) -> Work | None:
    held = context.held(connection, needed=False, orphans=True)
    listed, _ = read.listed_alarms(connection, list(context.compartments), context.output)
    alarms = read.alarms(connection, listed, is_attached(held), context.output)
    context.tell_foreign(replace(held, alarms=alarms))
    meant = [alarm for alarm in alarms if asked.matches(alarm, context.arguments.alarm)]
    steps = detachments(held, meant)
    subscriptions = list(unsubscribe_steps(alarms, steps, held))
    for step in [*steps, *subscriptions]:
        context.output.step(step)

    def work() -> None:
        run_detachments(context, connection, held, meant)
        carry_out(connection, partial(list, subscriptions), context.output)

    if [*steps, *subscriptions]:
        return work
    context.output.say("No such alarm is attached to the topic in these compartments.")
    return None


def is_attached(held: Holdings) -> Callable[[Resource], bool]:
    """Return a test whether an alarm is attached."""
    return lambda alarm: tags.mark_of(alarm.tags, held.owner) is not None


def detachments(held: Holdings, alarms: Sequence[Resource]) -> list[Step]:
    """Return the steps that detach alarms."""
    return [step for alarm in alarms if (step := detach_step(alarm, held))]


def run_detachments(context: Context, connection: Connection, held: Holdings, alarms: Sequence[Resource]) -> bool:
    """Detach alarms, re-reading those that changed meanwhile; return whether all are detached."""
    return _run(context, connection, alarms, lambda alarm: detach_step(alarm, held))


def _run(
    context: Context, connection: Connection, alarms: Sequence[Resource], decide: Callable[[Resource], Step | None]
) -> bool:
    current = {alarm.id: alarm for alarm in alarms}
    stale: set[str] = set()

    def steps() -> list[Step]:
        for ocid in stale:
            try:
                current[ocid] = read.alarm(connection, current[ocid])
            except Refusal as e:
                context.output.refused(e)
                del current[ocid]
        stale.clear()
        return [step for alarm in current.values() if (step := decide(alarm))]

    return carry_out(connection, steps, context.output, forget=lambda step: stale.add(step.id))
