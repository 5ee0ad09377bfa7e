"""doctor: check everything from OCI's credentials to SpaceONE's alerts; each finding has a state and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from oci_connect import deliveries, read
from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.duration import too_long
from oci_connect.error import CommandError, NotInOrder
from oci_connect.plan.attach import REPEAT, topics_of
from oci_connect.plan.step import shown
from oci_connect.plan.subscriptions import PROTOCOL, retry_of
from oci_connect.reconcile.command import connect, prepare
from oci_connect.reconcile.spaceone import Webhook
from oci_connect.reconcile.state import DRIFT, Kind
from oci_connect.resource import Resource

OK, LOOK, BROKEN = "ok", "look", "broken"
FAILED = 0.1  # share of a webhook's messages that became errors
RETRY = 7200  # seconds that ONS tries by default


@dataclass(frozen=True)
class Finding:
    """A line of the page."""

    state: str
    about: str
    text: str
    mend: str = ""


def doctor(context: Context) -> None:
    """Print the page; raise NotInOrder unless all is in order."""
    findings: list[Finding] = []
    for part, name in ((_oci, "oci"), (_spaceone, "spaceone"), (_drift, "drift")):
        for finding in _safely(part, context, name):
            findings.append(finding)
            _print(context, finding)
    context.output.result["findings"] = [vars(each) for each in findings]
    if wrong := sum(each.state != OK for each in findings):
        raise NotInOrder(f"Not in order: {wrong}, listed above.")


def _print(context: Context, finding: Finding) -> None:
    context.output.say(f"{finding.state:<7} {finding.about:<16} {shown(finding.text)}")
    if finding.mend:
        context.output.say(f"{'':<24} -> {finding.mend}")


def _safely(part: Callable[[Context], Iterator[Finding]], context: Context, name: str) -> Iterator[Finding]:
    """Yield the findings of a part; an error becomes its last finding."""
    try:
        yield from part(context)
    except CommandError as e:
        first, *rest = context.output.redact(str(e)).splitlines()
        yield Finding(BROKEN, name, first, " ".join(line.strip() for line in rest))


def _oci(context: Context) -> Iterator[Finding]:
    for connection in context.by_region():
        yield from _safely(partial(_region, connection=connection), context, "oci")


def _region(context: Context, connection: Connection) -> Iterator[Finding]:
    held = context.held(connection, needed=False)
    yield Finding(OK, "credentials", f"OCI answers in {connection.region}")
    topic = held.topic
    if not topic:
        yield Finding(BROKEN, "topic", f"there is no topic {context.arguments.name}", "oci-connect apply")
        return
    yield Finding(OK, "topic", topic.name)
    yield from _subscriptions(held.subscriptions, topic)
    for problem in deliveries.show(context, connection, held):
        yield Finding(BROKEN, "deliveries", problem, "look at the webhook in SpaceONE, and at the plugin's log")
    yield from _alarms(context, connection, topic)


def _subscriptions(subscriptions: Sequence[Resource], topic: Resource) -> Iterator[Finding]:
    ours = [
        each for each in subscriptions if each.fields.get("protocol") == PROTOCOL and each.fields.get("topicId") == topic.id
    ]
    if not ours:
        yield Finding(BROKEN, "subscription", "the topic has no subscription to a webhook", "oci-connect apply")
    for each in ours:
        if each.state != "ACTIVE":
            yield Finding(BROKEN, "subscription", f"it is {each.state}: no message arrives by it", "oci-connect apply")
            continue
        yield Finding(OK, "subscription", "it is confirmed")
        seconds = _retry_seconds(each)
        state = OK if seconds >= RETRY else LOOK
        mend = "" if state == OK else "oci-connect apply --retry-hours 2, or more"
        yield Finding(state, "retry time", f"ONS tries for {seconds / 3600:g} hours", mend)


def _retry_seconds(subscription: Resource) -> float:
    hours = retry_of(subscription)
    return hours * 3600 if hours else RETRY


def _alarms(context: Context, connection: Connection, topic: Resource) -> Iterator[Finding]:
    listed, _ = read.listed_alarms(connection, list(context.compartments), context.output)
    ours = [alarm for alarm in listed if topic.id in topics_of(alarm)]
    if not ours:
        yield Finding(BROKEN, "alarms", "no alarm notifies the topic", "oci-connect attach, or apply")
        return
    disabled = [alarm.name for alarm in ours if alarm.fields.get("isEnabled") is False]
    if disabled:
        yield Finding(LOOK, "alarms", f"{len(disabled)} of {len(ours)} are disabled: {_names(disabled)}", "enable them in OCI")
    else:
        yield Finding(OK, "alarms", f"{len(ours)} notify the topic")
    whole = read.alarms(connection, ours, lambda _: True, context.output)
    rare = [alarm.name for alarm in whole if too_long(alarm.fields.get(REPEAT))]
    if rare:
        told = f"{len(rare)} repeat more rarely than every 5 minutes: {_names(rare)}"
        yield Finding(LOOK, "repeats", told, "run oci-connect reconcile --every 5m (then no repeats are needed), or attach")


def _spaceone(context: Context) -> Iterator[Finding]:
    spaceone = connect(context)
    webhook = spaceone.webhook()
    yield Finding(OK, "App", "SpaceONE takes its token")
    yield from _webhook(webhook)
    wrong = spaceone.verify()
    if "ERROR_PERMISSION_DENIED" in wrong:
        yield Finding(OK, "options", "not verified: the App may not (Webhook.write)")
    elif wrong:
        yield Finding(BROKEN, "options", wrong, "set the webhook's options with the API, and verify it in the console")
    else:
        yield Finding(OK, "options", "the plugin takes them")
    if spaceone.recovery_mode(webhook.project) == "AUTO":
        yield Finding(OK, "recovery mode", "AUTO: a recovery resolves its alert")
    else:
        text = "MANUAL: no recovery resolves an alert, and reconcile resolves none"
        yield Finding(BROKEN, "recovery mode", text, "project, Alert, Settings, Auto Recovery in SpaceONE's console")
    urgency = spaceone.notification_urgency(webhook.project)
    if urgency == "ALL":
        yield Finding(OK, "notifications", "of every urgency")
    else:
        text = f"{urgency} only: warnings (urgency LOW) notify nobody"
        yield Finding(LOOK, "notifications", text, "project, Alert, Settings, Notification Policy in SpaceONE's console")
    for alert in spaceone.error_alerts():
        reason = next((event.description for event in alert.events), "") or "no reason is stored"
        yield Finding(LOOK, "ERROR alert", f"{_time(alert.opened)} {reason[:200]}", "oci-connect reconcile posts it again")


def _webhook(webhook: Webhook) -> Iterator[Finding]:
    if webhook.state != "ENABLED":
        yield Finding(BROKEN, "webhook", f"{webhook.name} is {webhook.state}", "enable it in SpaceONE's console")
    else:
        yield Finding(OK, "webhook", f"{webhook.name}, plugin version {webhook.version}")
    total, errors = webhook.requests.get("total", 0), webhook.requests.get("error", 0)
    if not total:
        yield Finding(LOOK, "deliveries", "SpaceONE has taken no message yet", "oci-connect test")
    else:
        state = LOOK if errors > FAILED * total else OK
        yield Finding(state, "deliveries", f"{total} messages taken, {errors} of them failed")


def _drift(context: Context) -> Iterator[Finding]:
    report = prepare(context, connect(context)).look()
    found = ", ".join(f"{number} {kind.value}" for kind, number in sorted(report.kinds.items())) or "nothing to compare"
    if any(report.kinds[kind] for kind in DRIFT if kind is not Kind.FAILED):
        yield Finding(LOOK, "drift", found, "oci-connect reconcile")
    else:
        yield Finding(OK, "drift", found)
    for place in report.unanswered:
        yield Finding(BROKEN, "drift", f"OCI did not answer for {place}")


def _names(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
