"""The five commands."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

import oci

from oci_connect.arguments import Arguments
from oci_connect.connection import Connection, all_pages, is_ours
from oci_connect.definitions import Definition
from oci_connect.error import CommandError, TimedOut, UsageError
from oci_connect.output import Output
from oci_connect.steps import Step, steps

POLL_INTERVAL = 1.0  # seconds
POLICIES = (  # https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/policyreference.htm
    "Allow group WebhookAdmins to manage alarms in compartment id {compartment}",
    "Allow group WebhookAdmins to read metrics in compartment id {compartment}",
    "Allow group WebhookAdmins to manage ons-topics in compartment id {compartment}",
    "Allow group WebhookAdmins to manage ons-subscriptions in compartment id {compartment}",
)


@dataclass(frozen=True)
class Context:
    """What every command works with."""

    arguments: Arguments
    connection: Connection
    definitions: Sequence[Definition]
    output: Output


def plan(context: Context) -> None:
    """Print what apply would do, and the policies that it needs."""
    for step in steps(context.arguments, context.connection, context.definitions):
        context.output.step(step.action, step.what, step.name)
    context.output.say("\nThe group of the user needs these policies, and no others:")
    for policy in POLICIES:
        context.output.say("  " + policy.format(compartment=context.connection.compartment))


def apply(context: Context) -> None:
    """Make what is missing, and wait until the subscription is active."""
    connection, output = context.connection, context.output
    for step in steps(context.arguments, connection, context.definitions):
        if step.call:
            step.call()
        output.step(step.action, step.what, step.name)
    subscription = connection.subscription(connection.topic())
    if not subscription:
        raise TimedOut("The subscription has disappeared again. Run apply once more.")
    if subscription.lifecycle_state != "ACTIVE":
        _wait_until_active(context, subscription.id)
    output.step("active", "subscription", context.arguments.host)


def status(context: Context) -> None:
    """Print the topic, the subscription and the alarms with their states."""
    connection, output = context.connection, context.output
    if topic := connection.topic():
        output.step("found", "topic", context.arguments.name, id=topic.topic_id)
    else:
        output.step("missing", "topic", context.arguments.name)
    if subscription := connection.subscription(topic):
        output.step("found", "subscription", context.arguments.host, state=subscription.lifecycle_state)
    else:
        output.step("missing", "subscription", context.arguments.host, state="NONE")
    statuses = {each.id: each for each in all_pages(connection.monitoring.list_alarms_status, connection.compartment)}
    for name, alarm in sorted(connection.alarms().items()):
        current = statuses.get(alarm.id)
        since = current.timestamp_triggered.isoformat() if current and current.timestamp_triggered else "never"
        output.step("found", "alarm", name, state=current.status if current else "UNKNOWN", since=since)
    output.say("OCI does not report deliveries: look at the events of the webhook in SpaceONE.")


def test(context: Context) -> None:
    """Publish a firing test alarm, and after a pause its recovery."""
    topic = context.connection.topic()
    if not topic:
        raise CommandError("There is no topic to publish to: run apply first.")
    key = f"oci-connect-test-{uuid.uuid4()}"
    for kind, state, pause in (("OK_TO_FIRING", "FIRING", context.arguments.pause), ("FIRING_TO_OK", "OK", 0)):
        details = oci.ons.models.MessageDetails(title=f"TEST {kind}", body=json.dumps(_test_alarm(key, kind, state)))
        context.connection.messages.publish_message(topic.topic_id, details, message_type="RAW_TEXT")
        context.output.step("publish", "test alarm", kind, key=key)
        time.sleep(pause)
    context.output.say(
        "SpaceONE opens the alert TEST of oci-connect, and resolves it where the project resolves alerts automatically."
    )


def remove(context: Context) -> None:
    """Delete what apply made, after asking."""
    deletions = _deletions(context)
    if not deletions:
        context.output.say("There is nothing that oci-connect made.")
    elif not context.arguments.yes:
        context.output.say("To be deleted: " + ", ".join(f"{step.what} {step.name}" for step in deletions))
        if input("Delete them? (yes/no) ").strip().lower() != "yes":
            raise UsageError("Nothing was deleted.")
    for step in deletions:
        if step.call:
            step.call()
        context.output.step(step.action, step.what, step.name)


COMMANDS: dict[str, Callable[[Context], None]] = {
    "plan": plan,
    "apply": apply,
    "status": status,
    "test": test,
    "remove": remove,
}


def _deletions(context: Context) -> list[Step]:
    """Return the steps of remove: the alarms, then the subscription, then the topic, each only if apply made it."""
    connection = context.connection
    topic = connection.topic()
    subscription = connection.subscription(topic)
    deletions = [
        Step("delete", "alarm", name, partial(connection.monitoring.delete_alarm, alarm.id))
        for name, alarm in sorted(connection.alarms().items())
    ]
    if subscription and is_ours(subscription):
        delete = partial(connection.messages.delete_subscription, subscription.id)
        deletions.append(Step("delete", "subscription", context.arguments.host, delete))
    if topic and is_ours(topic):
        deletions.append(Step("delete", "topic", topic.name, partial(connection.topics.delete_topic, topic.topic_id)))
    return deletions


def _wait_until_active(context: Context, subscription_id: str) -> None:
    context.output.say("waiting until the plugin has confirmed the subscription …")
    deadline = time.monotonic() + context.arguments.wait
    while time.monotonic() < deadline:
        if context.connection.messages.get_subscription(subscription_id).data.lifecycle_state == "ACTIVE":
            return
        time.sleep(POLL_INTERVAL)
    raise TimedOut(
        "The subscription is still pending. Look in SpaceONE for an alert in state ERROR, which says why; check that OCI "
        "reaches the webhook URL, and the plugin port 443; then choose Resend confirmation in the OCI console."
    )


def _test_alarm(key: str, kind: str, state: str) -> dict[str, Any]:
    """Return an alarm message as OCI Monitoring sends it."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    meta = {"status": state, "severity": "INFO", "namespace": "oci_connect", "query": "test[1m].count() > 0", "dimensions": []}
    return {
        "dedupeKey": key,
        "title": "TEST of oci-connect",
        "body": "This message tests the way from OCI to SpaceONE. Nothing is wrong.",
        "type": kind,
        "severity": "INFO",
        "timestamp": now,
        "alarmMetaData": [meta],
        "version": 1.5,
    }
