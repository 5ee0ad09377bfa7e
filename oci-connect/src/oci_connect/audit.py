"""status --audit: who changed our alarms, topics, subscriptions and rules in the last 24 hours.

https://docs.oracle.com/en-us/iaas/api/#/en/audit/20190901/AuditEvent/ListEvents
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.plan.attach import concerns
from oci_connect.resource import Holdings, plain

HOURS = 24
COLUMNS = ("TIME", "WHO", "WHAT", "NAME", "FROM")
VERBS = ("Create", "Update", "Delete", "Change", "Remove")  # an event's name begins so: UpdateAlarm, DeleteTopic
THINGS = ("Alarm", "Topic", "Subscription", "Rule")


def show(context: Context, connection: Connection, held: Holdings) -> None:
    """Print the changes, with all deletions, because the owner of a deleted resource is unknown."""
    alarms = [alarm for alarm in held.alarms if concerns(alarm, held.owner, held.topic)]
    ours = {each.id for each in [*([held.topic] if held.topic else []), *held.subscriptions, *alarms, *(held.rules or ())]}
    changes = sorted(_changes(context, connection, ours), key=lambda each: str(each["time"]))
    context.output.result["audit"] += changes
    context.output.say("")
    context.output.say(f"Changes in the last {HOURS} hours, by OCI's Audit:")
    if changes:
        rows = [
            [str(each["time"])[:19].replace("T", " "), *(str(each[k] or "") for k in ("who", "what", "name", "address"))]
            for each in changes
        ]
        context.output.table(COLUMNS, rows)
    else:
        context.output.say("none")


def _changes(context: Context, connection: Connection, ours: set[str]) -> Iterator[dict[str, Any]]:
    end = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)  # Audit takes whole minutes
    start = end - timedelta(hours=HOURS)
    for compartment in dict.fromkeys([*context.compartments, context.rules_compartment]):
        with context.output.waiting(f"reading the audit events of {compartment}"):
            doing = f"list the audit events of {compartment}"
            events = connection.ask_all(doing, connection.audit.list_events, compartment, start, end)
        for event in map(plain, events):
            if change := _change(event, ours):
                yield change


def _change(event: Mapping[str, Any], ours: set[str]) -> dict[str, Any] | None:
    """Return the change in an audit event, or None if it does not concern our resources."""
    data = event.get("data") or {}
    name = str(data.get("eventName") or "")
    if not name.startswith(VERBS) or not any(thing in name for thing in THINGS):
        return None
    if data.get("resourceId") not in ours and not name.startswith("Delete"):
        return None
    identity = data.get("identity") or {}
    return {
        "time": event.get("eventTime"),
        "who": identity.get("principalName") or identity.get("principalId"),
        "what": name,
        "name": data.get("resourceName") or data.get("resourceId"),
        "address": identity.get("ipAddress"),
        "id": data.get("resourceId"),
    }
