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
import hashlib
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import oci
import yaml
from rich.console import Console

TAG, OURS, DEFINITION = "made-by", "plugin-oci-ons-mon-webhook", "definition"
ALARMS = Path(__file__).resolve().parent.parent / "deploy/oci/alarms.yaml"
NEEDED = {"displayName", "namespace", "query", "severity"}
DEFAULTS = {"pendingDuration": "PT5M", "repeatNotificationDuration": "PT5M", "isEnabled": True, "messageFormat": "RAW"}
OPTIONAL = {"body", "isNotificationsPerMetricDimensionEnabled", "resourceGroup", "resolution", *DEFAULTS}
SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")
PROTOCOL = "CUSTOM_HTTPS"
POLL = 1.0  # seconds
POLICIES = (  # https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/policyreference.htm
    "Allow group WebhookAdmins to manage alarms in compartment id {compartment}",
    "Allow group WebhookAdmins to read metrics in compartment id {compartment}",
    "Allow group WebhookAdmins to manage ons-topics in compartment id {compartment}",
    "Allow group WebhookAdmins to manage ons-subscriptions in compartment id {compartment}",
)
REFUSALS = {  # OCI's status -> what it means and what to do; https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
    400: "OCI does not take the request ({code}): correct the alarm file or the compartment.",
    401: "OCI does not know who is asking: look at user, fingerprint and key_file in the profile, and at this machine's clock.",
    404: "OCI finds it not or shows it not: look at the compartment, and have the policies added that plan prints.",
    409: "OCI says that it is being changed or there already ({code}): run the command again in a minute.",
    429: "OCI has had too many requests and still had after some tries: run the command again in a minute.",
}
QUOTA = ("LimitExceeded", "QuotaExceeded")


class Refused(Exception):
    """Something that a person must change: what, in one sentence."""


class WrongUse(Refused):
    """The command's words or the alarm file are wrong."""


class InVain(Refused):
    """What was waited for did not come."""


@dataclass
class Story:
    """What is done, told to a person as it happens, or at the end as JSON."""

    as_json: bool
    steps: list[dict[str, str]] = field(default_factory=list)
    console: Console = field(default_factory=lambda: Console(stderr=False, highlight=False))

    def tell(self, action: str, what: str, name: str, **more: str) -> None:
        """Tell one step."""
        self.steps.append({"action": action, "what": what, "name": name, **more})
        if not self.as_json:
            told = "  ".join(f"[dim]{key}[/] {value}" for key, value in more.items())
            self.console.print(f"[bold]{action:<8}[/] {what:<13} {name}  {told}".rstrip())

    def say(self, text: str) -> None:
        """Say a sentence to a person."""
        if not self.as_json:
            self.console.print(text, soft_wrap=True)


class Connection:
    """Oracle's services, and what of ours is in them."""

    def __init__(self, arguments: argparse.Namespace, story: Story) -> None:
        self.arguments, self.story, self.compartment = arguments, story, arguments.compartment
        config, more = _identity(arguments)
        more |= {"retry_strategy": _retries(), "timeout": (5, 30)}
        if arguments.endpoint:
            more["service_endpoint"] = arguments.endpoint
        self.topics = oci.ons.NotificationControlPlaneClient(config, **more)
        self.messages = oci.ons.NotificationDataPlaneClient(config, **more)
        self.monitoring = oci.monitoring.MonitoringClient(config, **more)

    def topic(self) -> Any:
        """Return the topic: the one given, else ours of that name, or None."""
        if self.arguments.topic:
            return self.topics.get_topic(self.arguments.topic).data
        found = _all(self.topics.list_topics, self.compartment, name=self.arguments.name)
        return next((topic for topic in found if topic.name == self.arguments.name and topic.lifecycle_state == "ACTIVE"), None)

    def subscription(self, topic: Any) -> Any:
        """Return the topic's subscription to the webhook, or None."""
        found = _all(self.messages.list_subscriptions, self.compartment, topic_id=topic.topic_id) if topic else ()
        url = self.arguments.webhook_url
        return next((each for each in found if each.endpoint == url and each.lifecycle_state in ("PENDING", "ACTIVE")), None)

    def alarms(self) -> dict[str, Any]:
        """Return our alarms, by name."""
        found = _all(self.monitoring.list_alarms, self.compartment)
        return {alarm.display_name: alarm for alarm in found if _is_ours(alarm) and alarm.lifecycle_state == "ACTIVE"}


def plan(connection: Connection) -> None:
    """Say what apply would do."""
    for action, what, name, _ in _steps(connection):
        connection.story.tell(action, what, name)
    connection.story.say("\nThe policies that this needs, for the group of the user, and nothing more:")
    for policy in POLICIES:
        connection.story.say("  " + policy.format(compartment=connection.compartment))


def apply(connection: Connection) -> None:
    """Do it, and wait for the subscription."""
    for action, what, name, do in _steps(connection):
        if do:
            do()
        connection.story.tell(action, what, name)
    topic = connection.topic()
    subscription = connection.subscription(topic)
    if not subscription:
        raise InVain("The subscription is gone again. Run apply once more.")
    if subscription.lifecycle_state != "ACTIVE":
        _wait(connection, subscription.id)
    connection.story.tell("active", "subscription", _host(connection))


def status(connection: Connection) -> None:
    """Show what there is."""
    tell, topic = connection.story.tell, connection.topic()
    tell("found" if topic else "missing", "topic", connection.arguments.name, **({"id": topic.topic_id} if topic else {}))
    subscription = connection.subscription(topic)
    state = subscription.lifecycle_state if subscription else "NONE"
    tell("found" if subscription else "missing", "subscription", _host(connection), state=state)
    states = {each.id: each for each in _all(connection.monitoring.list_alarms_status, connection.compartment)}
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
    steps: list[tuple[str, str, Callable[[], Any]]] = []
    for name, alarm in sorted(connection.alarms().items()):
        steps.append(("alarm", name, lambda alarm=alarm: connection.monitoring.delete_alarm(alarm.id)))
    if subscription and _is_ours(subscription):
        steps.append(("subscription", _host(connection), lambda: connection.messages.delete_subscription(subscription.id)))
    if topic and _is_ours(topic):
        steps.append(("topic", topic.name, lambda: connection.topics.delete_topic(topic.topic_id)))
    if not steps:
        connection.story.say("There is nothing that oci-connect made.")
    elif not connection.arguments.yes:
        connection.story.say("To be deleted: " + ", ".join(f"{what} {name}" for what, name, _ in steps))
        if input("Delete them? (yes/no) ").strip().lower() != "yes":
            raise WrongUse("Nothing was deleted.")
    for what, name, do in steps:
        do()
        connection.story.tell("delete", what, name)


COMMANDS = {"plan": plan, "apply": apply, "status": status, "test": test, "remove": remove}


def _steps(connection: Connection) -> Iterator[tuple[str, str, str, Callable[[], Any] | None]]:
    """Yield what is to be done, each step found out when the one before is done: action, what, name, how (None: nothing)."""
    arguments, compartment = connection.arguments, connection.compartment
    topic = connection.topic()
    if topic:
        yield "keep", "topic", topic.name, None
    else:
        text = "OCI alarms for SpaceONE"
        details = oci.ons.models.CreateTopicDetails(
            name=arguments.name, compartment_id=compartment, description=text, freeform_tags={TAG: OURS}
        )
        yield "create", "topic", arguments.name, lambda: connection.topics.create_topic(details)
        topic = connection.topic()
    if connection.subscription(topic):
        yield "keep", "subscription", _host(connection), None
    else:
        wanted = oci.ons.models.CreateSubscriptionDetails(
            topic_id=topic.topic_id if topic else None,
            compartment_id=compartment,
            protocol=PROTOCOL,
            endpoint=arguments.webhook_url,
            freeform_tags={TAG: OURS},
        )
        yield "create", "subscription", _host(connection), lambda: connection.messages.create_subscription(wanted)
    yield from _alarm_steps(connection, topic.topic_id if topic else "")


def _alarm_steps(connection: Connection, topic_id: str) -> Iterator[tuple[str, str, str, Callable[[], Any] | None]]:
    there = connection.alarms()
    for definition in connection.arguments.definitions:
        name = definition["displayName"]
        fields = {**DEFAULTS, **definition, "destinations": [topic_id]}
        tags = {TAG: OURS, DEFINITION: hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]}
        own = {_snake(key): value for key, value in fields.items()}
        compartment = connection.compartment
        own |= {"compartment_id": compartment, "metric_compartment_id": compartment, "freeform_tags": tags}
        if name not in there:
            create = oci.monitoring.models.CreateAlarmDetails(**own)
            yield "create", "alarm", name, lambda create=create: connection.monitoring.create_alarm(create)
        elif there[name].freeform_tags.get(DEFINITION) != tags[DEFINITION]:
            update = oci.monitoring.models.UpdateAlarmDetails(**own)
            own_id = there[name].id
            yield "update", "alarm", name, lambda i=own_id, update=update: connection.monitoring.update_alarm(i, update)
        else:
            yield "keep", "alarm", name, None


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


def _retries() -> Any:
    """Return the SDK's strategy, with backoff and jitter, for what passes; its default would go on for ten minutes."""
    builder = oci.retry.RetryStrategyBuilder(retry_max_wait_between_calls_seconds=8)
    builder.add_max_attempts(5).add_total_elapsed_time(60)
    checked = builder.add_service_error_check(service_error_retry_config={429: []}, service_error_retry_on_any_5xx=True)
    return checked.get_retry_strategy()


def _identity(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the SDK's configuration and the signer."""
    if arguments.auth == "instance_principal":
        signer = oci.auth.signers.InstancePrincipalsSecurityTokenSigner()
        return {"region": arguments.region or signer.region}, {"signer": signer}
    try:
        config = oci.config.from_file(arguments.config, arguments.profile)
        if arguments.region:
            config["region"] = arguments.region
        oci.config.validate_config(config)
    except (oci.exceptions.ConfigFileNotFound, oci.exceptions.ProfileNotFound, oci.exceptions.InvalidConfig) as e:
        raise WrongUse(f"{arguments.config} has no usable profile {arguments.profile}: {type(e).__name__}.") from None
    return config, {}


def _definitions(file: str) -> list[dict[str, Any]]:
    try:
        alarms = yaml.safe_load(Path(file).read_text(encoding="utf-8"))["alarms"]
        for alarm in alarms:
            unknown = alarm.keys() - NEEDED - OPTIONAL
            if unknown or NEEDED - alarm.keys() or alarm["severity"] not in SEVERITIES:
                names = ", ".join(sorted(unknown or NEEDED - alarm.keys() or {"severity"}))
                raise WrongUse(f"{file}: {alarm.get('displayName', 'an alarm')}: look at {names}.")
        return list(alarms)
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError):
        raise WrongUse(f"{file}: a list of alarms expected, as in {ALARMS.name}.") from None


def _all(call: Callable[..., Any], *words: Any, **more: Any) -> list[Any]:
    """Return all pages. The SDK's own way of paging retries by a strategy of its own, for ten minutes."""
    reply = call(*words, **more)
    found = list(reply.data)
    while reply.has_next_page:
        reply = call(*words, **more, page=reply.next_page)
        found += reply.data
    return found


def _is_ours(thing: Any) -> bool:
    return bool((thing.freeform_tags or {}).get(TAG) == OURS)


def _host(connection: Connection) -> str:
    return urlsplit(connection.arguments.webhook_url).hostname or ""  # no more of the URL: it holds the access key


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


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


def _explained(error: oci.exceptions.ServiceError) -> str:
    if error.code in QUOTA:
        return "A limit of the tenancy is reached: ask for more in the console, under Limits, Quotas and Usage."
    if error.status >= 500:
        return f"OCI itself fails (HTTP {error.status}) and still did after some tries: run the command again later."
    sentence = REFUSALS.get(error.status, "OCI refuses the request (HTTP {status}, {code}).")
    return sentence.format(status=error.status, code=error.code)


def main() -> int:
    """Return the exit status."""
    arguments = _arguments()
    story, sentence, code = Story(arguments.json), "", 0
    try:
        if not urlsplit(arguments.webhook_url).hostname:
            raise WrongUse("--webhook-url: a URL expected.")
        arguments.definitions = _definitions(arguments.alarms)
        COMMANDS[arguments.command](Connection(arguments, story))
    except oci.exceptions.ServiceError as e:
        sentence, code = _explained(e), 1
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
