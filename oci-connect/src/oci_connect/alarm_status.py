"""The alarms of status: state since, severity, enabled, suppressed, repeat, destinations; and problems.

https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/AlarmStatusSummary/ListAlarmsStatus
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from oci_connect import read, tags
from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.duration import WHY_REPEAT, too_long
from oci_connect.plan.attach import REPEAT, topics_of
from oci_connect.plan.step import short, shown
from oci_connect.plan.subscriptions import subscriptions_of
from oci_connect.resource import Holdings, Resource, plain

COLUMNS = ("ALARM", "STATE", "SINCE", "SEVERITY", "ENABLED", "SUPPRESSED", "REPEAT", "DESTINATIONS", "BY")
NO_ALARM = "no alarm of these compartments notifies the topic, and no rule does: run attach or apply"
WORST_FIRST = ("FIRING", "SUSPENDED", "OK")  # an alarm of several rules has a state for each
BY = {"destination": "attached", "present": "attached", "through": "attached through its own topic"}


def show(context: Context, connection: Connection, held: Holdings) -> Iterator[str]:
    """Print the alarms that concern the topic, and yield their problems."""
    if not held.topic:
        return
    topic = held.topic.id
    concerned = [alarm for alarm in held.alarms if _by(alarm, held)]
    states = _states(context, connection, concerned)
    alarms = [_facts(alarm, held, states.get(alarm.id, {})) for alarm in sorted(concerned, key=lambda a: a.name)]
    context.output.result["alarms"] += alarms
    context.output.say("")
    if alarms:
        context.output.table(*_table(context, alarms, topic))
    else:
        context.output.say("No alarm notifies the topic.")
        if not any(held.owner.owns(rule) for rule in held.rules or ()):
            yield NO_ALARM
    for alarm in alarms:
        yield from alarm["problems"]


def _states(context: Context, connection: Connection, alarms: Sequence[Resource]) -> Mapping[str, Mapping[str, Any]]:
    """Return the worst state of each alarm's rules. A tenancy is listed in one call."""
    call = connection.monitoring.list_alarms_status
    compartments = sorted({alarm.compartment for alarm in alarms})
    tenancy = next((each for each in context.compartments if each.startswith(read.TENANCY) and len(compartments) > 1), "")
    lists: list[list[Any]] = []
    if tenancy:
        doing = f"list the states of the alarms of {tenancy} and below"
        lists = [connection.ask_all(doing, call, tenancy, compartment_id_in_subtree=True, limit=1000)]
    else:
        doing = "list the states of the alarms of "
        lists = connection.each(compartments, lambda each: connection.ask_all(doing + each, call, each), "listing states")
    found: dict[str, Mapping[str, Any]] = {}
    for each in (plain(model) for models in lists for model in models):
        if each["id"] not in found or _rank(each["status"]) < _rank(found[each["id"]]["status"]):
            found[each["id"]] = each
    return found


def _rank(state: str) -> int:
    return WORST_FIRST.index(state) if state in WORST_FIRST else len(WORST_FIRST)


def _facts(alarm: Resource, held: Holdings, state: Mapping[str, Any]) -> dict[str, Any]:
    fields = alarm.fields
    facts = {
        "id": alarm.id,
        "name": alarm.name,
        "region": held.region,
        "compartment": alarm.compartment,
        "state": state.get("status", "UNKNOWN"),
        "since": state.get("timestampTriggered"),
        "severity": fields.get("severity"),
        "enabled": fields.get("isEnabled"),
        "suppressed_until": _suppressed_until(fields.get("suppression")),
        "repeat": fields.get(REPEAT),
        "message_format": fields.get("messageFormat"),
        "destinations": fields.get("destinations"),
        "by": _by(alarm, held),
    }
    return {**facts, "problems": list(_problems(alarm, facts, held))}


def _problems(alarm: Resource, facts: Mapping[str, Any], held: Holdings) -> Iterator[str]:
    name = f"the alarm {alarm.name}"
    if facts["enabled"] is False:
        yield f"{name} is disabled: it notifies nobody"
    if too_long(facts["repeat"]):
        yield f"{name} repeats {shown(facts['repeat'])}: {WHY_REPEAT}"
    mark = tags.mark_of(alarm.tags, held.owner)
    if held.topic_id in topics_of(alarm):
        return
    if not mark or mark.way != "through":
        yield f"{name} does not notify the topic any more"
    elif not any(subscriptions_of(held, theirs) for theirs in topics_of(alarm)):
        yield f"{name} is attached through its own topic, which has no subscription to the webhook: run attach --their-topics"


def _by(alarm: Resource, held: Holdings) -> str:
    """Return why an alarm concerns the topic, or nothing."""
    if held.owner.owns(alarm):
        return "apply"
    mark = tags.mark_of(alarm.tags, held.owner)
    if mark:
        return BY.get(mark.way, "attached")
    return "hand" if held.topic_id in topics_of(alarm) else ""


def _suppressed_until(suppression: Any) -> str | None:
    """Return the end of an active suppression."""
    if not isinstance(suppression, Mapping):
        return None
    start, end = (datetime.fromisoformat(str(suppression[key])) for key in ("timeSuppressFrom", "timeSuppressUntil"))
    return end.isoformat() if start <= datetime.now(UTC) < end else None


def _table(context: Context, alarms: Sequence[Mapping[str, Any]], topic: str) -> tuple[list[str], list[list[str]]]:
    columns, rows = list(COLUMNS), []
    if context.output.places:
        columns.append("COMPARTMENT")
    for each in alarms:
        since = str(each["since"] or "never")[:19].replace("T", " ")
        until = (each["suppressed_until"] or "no")[:16].replace("T", " ")
        destinations = ", ".join("this topic" if d == topic else short(d) for d in each["destinations"] or []) or "none"
        row = [each["name"], each["state"], since, each["severity"], "yes" if each["enabled"] else "NO", until]
        row += [shown(each["repeat"]), destinations, each["by"]]
        rows.append(
            [*row, context.output.places.get(each["compartment"], each["compartment"])] if context.output.places else row
        )
    return columns, rows
