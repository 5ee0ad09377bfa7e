"""Wire OCI to SpaceONE: a topic, its subscription to a SpaceONE webhook, and alarms that notify the topic.

plan    say what apply would do, and which policies it needs; change nothing
apply   make what is missing, and wait until the subscription is active: the plugin confirms it
status  show topic, subscription and alarms
test    publish a test alarm to the topic, a firing and then its recovery
remove  delete what apply made, and nothing else

Exit status: 0 done, 1 refused by OCI, 2 wrong use, 3 waited in vain.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

import oci

from oci_connect.connection import Connection, everything, is_ours
from oci_connect.output import InVain, Refused, Story, WrongUse, explained
from oci_connect.steps import ALARMS, definitions, steps

POLL = 1.0  # seconds
POLICIES = (  # https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/policyreference.htm
    "Allow group WebhookAdmins to manage alarms in compartment id {compartment}",
    "Allow group WebhookAdmins to read metrics in compartment id {compartment}",
    "Allow group WebhookAdmins to manage ons-topics in compartment id {compartment}",
    "Allow group WebhookAdmins to manage ons-subscriptions in compartment id {compartment}",
)


def plan(connection: Connection) -> None:
    """Say what apply would do."""
    for action, what, name, _ in steps(connection):
        connection.story.tell(action, what, name)
    connection.story.say("\nThe policies that this needs, for the group of the user, and nothing more:")
    for policy in POLICIES:
        connection.story.say("  " + policy.format(compartment=connection.compartment))


def apply(connection: Connection) -> None:
    """Do it, and wait for the subscription."""
    for action, what, name, do in steps(connection):
        if do:
            do()
        connection.story.tell(action, what, name)
    topic = connection.topic()
    subscription = connection.subscription(topic)
    if not subscription:
        raise InVain("The subscription is gone again. Run apply once more.")
    if subscription.lifecycle_state != "ACTIVE":
        _wait(connection, subscription.id)
    connection.story.tell("active", "subscription", connection.host())


def status(connection: Connection) -> None:
    """Show what there is."""
    tell, topic = connection.story.tell, connection.topic()
    tell("found" if topic else "missing", "topic", connection.arguments.name, **({"id": topic.topic_id} if topic else {}))
    subscription = connection.subscription(topic)
    state = subscription.lifecycle_state if subscription else "NONE"
    tell("found" if subscription else "missing", "subscription", connection.host(), state=state)
    states = {each.id: each for each in everything(connection.monitoring.list_alarms_status, connection.compartment)}
    for name, alarm in sorted(connection.alarms().items()):
        now = states.get(alarm.id)
        since = now.timestamp_triggered.isoformat() if now and now.timestamp_triggered else "never"
        tell("found", "alarm", name, state=now.status if now else "UNKNOWN", since=since)
    connection.story.say("OCI tells of no deliveries; SpaceONE's events of the webhook do.")


def test(connection: Connection) -> None:
    """Publish a firing and its recovery."""
    topic = connection.topic()
    if not topic:
        raise Refused("There is no topic to publish to: run apply first.")
    key = f"oci-connect-test-{uuid.uuid4()}"
    for kind, state, pause in (("OK_TO_FIRING", "FIRING", connection.arguments.pause), ("FIRING_TO_OK", "OK", 0)):
        details = oci.ons.models.MessageDetails(title=f"TEST {kind}", body=json.dumps(_test_alarm(key, kind, state)))
        connection.messages.publish_message(topic.topic_id, details, message_type="RAW_TEXT")
        connection.story.tell("publish", "test alarm", kind, key=key)
        time.sleep(pause)
    connection.story.say("The alert TEST of oci-connect opens in SpaceONE; it is resolved if the project resolves by itself.")


def remove(connection: Connection) -> None:
    """Delete what apply made."""
    topic = connection.topic()
    subscription = connection.subscription(topic)
    to_delete: list[tuple[str, str, Callable[[], Any]]] = []
    for name, alarm in sorted(connection.alarms().items()):
        to_delete.append(("alarm", name, lambda alarm=alarm: connection.monitoring.delete_alarm(alarm.id)))
    if subscription and is_ours(subscription):
        to_delete.append(("subscription", connection.host(), lambda: connection.messages.delete_subscription(subscription.id)))
    if topic and is_ours(topic):
        to_delete.append(("topic", topic.name, lambda: connection.topics.delete_topic(topic.topic_id)))
    if not to_delete:
        connection.story.say("There is nothing that oci-connect made.")
    elif not connection.arguments.yes:
        connection.story.say("To be deleted: " + ", ".join(f"{what} {name}" for what, name, _ in to_delete))
        if input("Delete them? (yes/no) ").strip().lower() != "yes":
            raise WrongUse("Nothing was deleted.")
    for what, name, do in to_delete:
        do()
        connection.story.tell("delete", what, name)


COMMANDS = {"plan": plan, "apply": apply, "status": status, "test": test, "remove": remove}


def _wait(connection: Connection, subscription_id: str) -> None:
    connection.story.say("waiting until the plugin has confirmed the subscription …")
    end = time.monotonic() + connection.arguments.wait
    while time.monotonic() < end:
        if connection.messages.get_subscription(subscription_id).data.lifecycle_state == "ACTIVE":
            return
        time.sleep(POLL)
    raise InVain(
        "The subscription is still pending. Look in SpaceONE for an alert in state ERROR, which says why; see that OCI "
        "reaches the webhook URL, and the plugin port 443; then choose Resend confirmation in the OCI console."
    )


def _test_alarm(key: str, kind: str, state: str) -> dict[str, Any]:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    meta = {"status": state, "severity": "INFO", "namespace": "oci_connect", "query": "test[1m].count() > 0", "dimensions": []}
    return {
        "dedupeKey": key,
        "title": "TEST of oci-connect",
        "body": "This is a test of the way from OCI to SpaceONE. Nothing is wrong.",
        "type": kind,
        "severity": "INFO",
        "timestamp": now,
        "alarmMetaData": [meta],
        "version": 1.5,
    }


def _arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bin/oci-connect", description=__doc__, formatter_class=raw)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--webhook-url", required=True, metavar="URL", help="SpaceONE's webhook URL, or the relay's")
    parser.add_argument("--compartment", required=True, metavar="OCID")
    parser.add_argument("--name", default="SpaceONE-Webhook-Topic", help="of the topic (default: %(default)s)")
    parser.add_argument("--topic", metavar="OCID", help="a topic that there is already")
    parser.add_argument("--alarms", default=str(ALARMS), metavar="FILE", help="default: deploy/oci/alarms.yaml")
    parser.add_argument("--config", default="~/.oci/config", metavar="FILE")
    parser.add_argument("--profile", default="DEFAULT")
    parser.add_argument("--region")
    parser.add_argument("--auth", choices=("config", "instance_principal"), default="config")
    parser.add_argument("--endpoint", metavar="URL", help="of a private endpoint, for all services")
    parser.add_argument("--wait", type=float, default=300, metavar="SECONDS", help="for the confirmation")
    parser.add_argument("--pause", type=float, default=10, metavar="SECONDS", help="between the two of test")
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    parser.add_argument("--json", action="store_true", help="print the steps as one JSON object")
    return parser.parse_args()


def main() -> int:
    """Return the exit status."""
    arguments = _arguments()
    story, sentence, code = Story(arguments.json), "", 0
    try:
        if not urlsplit(arguments.webhook_url).hostname:
            raise WrongUse("--webhook-url: a URL expected.")
        arguments.definitions = definitions(arguments.alarms)
        COMMANDS[arguments.command](Connection(arguments, story))
    except oci.exceptions.ServiceError as e:
        sentence, code = explained(e), 1
    except (oci.exceptions.RequestException, oci.exceptions.ConnectTimeout):
        sentence, code = "OCI cannot be reached: look at the region, and at the network.", 1
    except InVain as e:
        sentence, code = str(e), 3
    except WrongUse as e:
        sentence, code = str(e), 2
    except Refused as e:
        sentence, code = str(e), 1
    if arguments.json:
        print(json.dumps({"command": arguments.command, "steps": story.steps, "error": sentence or None}))
    elif sentence:
        print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
