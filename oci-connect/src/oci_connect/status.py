"""status: topic, subscriptions, rules and alarms with their states, and problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from oci_connect import alarm_status, asked, audit, deliveries, read
from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.error import NotInOrder, Refusal
from oci_connect.plan.alarms import alarm_steps
from oci_connect.plan.attach import concerns
from oci_connect.plan.rules import rule_steps
from oci_connect.plan.step import Step, shown
from oci_connect.plan.subscriptions import PROTOCOL, subscriptions_of
from oci_connect.resource import Holdings, Resource
from oci_connect.webhook_url import label

ORPHANS = (
    "{count} alarms, rules and subscriptions were made for this set, and its topic is gone: "
    "apply adopts them, remove and detach put back what was"
)
REVERTED = (
    "{count} alarms that attach was asked for no longer notify the topic, because somebody, or Terraform, took it back: "
    "{names}: run attach"
)
MAX_NAMES = 10
NO_RULES = "The rules of the Events service cannot be seen ({code}): read cloudevents-rules is needed."
PENDING = "the subscription {name} is not confirmed: no message reaches SpaceONE by it"
NO_SUBSCRIPTION = "the topic has no subscription to a webhook: run apply"


def status(context: Context) -> None:
    """Show the resources; raise NotInOrder if there are problems."""
    problems: list[str] = []
    for connection in context.by_region():
        with context.isolate(connection):
            problems += _region(context, connection)
    context.output.result["problems"] = problems
    context.output.say("")
    for problem in problems:
        context.output.say(f"- {shown(problem)}")
    if problems and context.output.is_complete:
        raise NotInOrder(f"Not in order: {len(problems)}, listed above.")


def _region(context: Context, connection: Connection) -> Iterator[str]:
    held = _held(context, connection)
    context.tell_foreign(held)
    yield from _topic_and_subscriptions(context, held)
    yield from deliveries.show(context, connection, held)
    yield from _rules(context, held)
    yield from _orphans(context, held)
    yield from alarm_status.show(context, connection, held)
    yield from _attached(context, held)
    yield from _file(context, held)
    if context.arguments.audit:
        audit.show(context, connection, held)


def _orphans(context: Context, held: Holdings) -> Iterator[str]:
    """Yield resources of the set without a topic, as a problem."""
    if held.topic:
        return
    alarms = [alarm for alarm in held.alarms if concerns(alarm, held.owner, None)]
    rules = [rule for rule in held.rules or () if held.owner.owns(rule)]
    orphans = [*alarms, *rules, *held.subscriptions]
    for each in orphans:
        context.output.say(f"{'orphan':<14}{shown(each.name)}  {each.id}")
    context.output.result["orphans"] += [_facts(held.region, each) for each in orphans]
    if orphans:
        yield ORPHANS.format(count=len(orphans))


def _attached(context: Context, held: Holdings) -> Iterator[str]:
    """Yield reverted alarms as a problem."""
    if not held.topic or not (found := asked.compare(held.topic, held.owner, held.alarms)):
        return
    context.output.result["attached"].append({"region": held.region, **found.facts()})
    context.output.say(
        f"attach: {found.expected} alarms expected, {found.attached} attached, "
        f"{len(found.reverted)} reverted, {len(found.new)} new"
    )
    if found.reverted:
        names = ", ".join(found.reverted[:MAX_NAMES]) + (" …" if found.reverted[MAX_NAMES:] else "")
        yield REVERTED.format(count=len(found.reverted), names=names)


def _held(context: Context, connection: Connection) -> Holdings:
    held = context.held(connection, needed=False, orphans=True)
    listed, unseen = read.listed_alarms(connection, context.alarm_compartments, context.output)
    alarms = read.alarms(connection, listed, lambda each: _is_read(each, held), context.output)
    held = replace(held, alarms=alarms, unseen=unseen)
    try:
        return replace(held, rules=read.rules(connection, context.rules_compartment, held.owner))
    except Refusal as e:
        if context.arguments.events:
            raise
        context.output.refused_unless_forbidden(e, NO_RULES)
        return replace(held, rules=None)


def _is_read(alarm: Resource, held: Holdings) -> bool:
    return concerns(alarm, held.owner, held.topic) or asked.is_missing(alarm, held.topic, held.owner)


def _topic_and_subscriptions(context: Context, held: Holdings) -> Iterator[str]:
    output, topic = context.output, held.topic
    output.result["topics"].append(_facts(held.region, topic))
    output.say(f"{'topic':<14}{context.arguments.name if not topic else topic.name}  {topic.id if topic else 'MISSING'}")
    if not topic:
        yield f"there is no topic {context.arguments.name}: run apply"
        return
    for each in held.subscriptions:
        theirs, is_webhook = each.fields.get("topicId") != topic.id, each.fields.get("protocol") in (PROTOCOL, None)
        name = label(str(each.fields["endpoint"])) if is_webhook else str(each.fields["protocol"])
        output.say(
            f"{'subscription':<14}{shown(name)}  {each.state}"
            + (f"  of their topic {each.fields['topicId']}" if theirs else "")
        )
        output.result["subscriptions"].append({**_facts(held.region, each), "endpoint": name})
        if each.state == "PENDING" and is_webhook:
            yield PENDING.format(name=name)
    if not subscriptions_of(held, topic.id):
        yield NO_SUBSCRIPTION


def _rules(context: Context, held: Holdings) -> Iterator[str]:
    for rule in held.rules or ():
        if held.topic and held.owner.owns(rule):
            enabled = rule.fields.get("isEnabled") is True
            context.output.say(f"{'rule':<14}{shown(rule.name)}  {'enabled' if enabled else 'DISABLED'}")
            context.output.result["rules"].append({**_facts(held.region, rule), "enabled": enabled})
    ours = [rule for rule in held.rules or () if held.owner.owns(rule)]
    if held.topic and held.rules is not None and (ours or context.arguments.events):
        yield from _differences(rule_steps(context.rules_compartment, held), "", "apply --events")


def _file(context: Context, held: Holdings) -> Iterator[str]:
    """Yield differences to the alarm file, if one is named or apply has created alarms."""
    made = any(held.owner.owns(alarm) for alarm in held.alarms)
    if not held.topic or not (context.arguments.alarms or made):
        return
    yield from _differences(alarm_steps(context.definitions, list(context.compartments), held), " of the alarm file", "apply")


def _differences(steps: Iterable[Step], origin: str, command: str) -> Iterator[str]:
    """Yield the changes of a command as problems."""
    for step in steps:
        name = f"the {step.what} {step.name}"
        if step.action == "create":
            yield f"{name}{origin} is missing: {command} makes it"
        elif step.action in ("changed", "update"):
            fields = ", ".join(f"{each.field}: {shown(each.before)} -> {shown(each.after)}" for each in step.changes)
            why = "was changed by hand" if step.action == "changed" else "is not as it would be made now"
            yield f"{name} {why}; {command} would change {fields}"
        elif step.action in ("leftover", "delete"):
            yield f"{name}: {step.note}"


def _facts(region: str, each: Resource | None) -> dict[str, Any]:
    if not each:
        return {"region": region, "id": None, "state": "MISSING"}
    facts = {"region": region, "compartment": each.compartment, "id": each.id, "name": each.name, "state": each.state}
    return facts if each.name != each.id else {key: fact for key, fact in facts.items() if key != "name"}
