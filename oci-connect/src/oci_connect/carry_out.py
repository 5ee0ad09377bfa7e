"""Carrying out a plan: each step is one call to OCI. What somebody else changed in between is read and planned again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import oci

from oci_connect import read
from oci_connect.connection import Connection
from oci_connect.error import FORBIDDEN, LIMIT_CODES, UNKNOWN_USER, Refusal
from oci_connect.output import Output
from oci_connect.plan.alarms import same
from oci_connect.plan.attach import REPEAT
from oci_connect.plan.step import CLEAR, Step, shown
from oci_connect.resource import Resource, resource

MAX_ROUNDS = 5
SETTLE = 1.0  # seconds between two rounds, and between two attempts at what OCI does not know yet
STALE = (409, 412)  # it is there already, or it was changed since it was read
NOT_YET = (404, 409)  # so OCI answers about what was made a moment ago
CONFLICT = 409  # so it answers about what is being changed
OURS = ("update", "changed", "delete", "detach")  # actions on what belongs to the set
NOT_READY = "{code}: waiting to {title}"
NOT_CLEARED = "{name}: OCI keeps the repeat interval {repeat}: switch it off in the console; its tag keeps what was."
NOT_SEEN = "{name}: OCI's answer does not show the change of {fields} yet: its tag keeps what was. Run the command again."

Plan = Callable[[], Iterable[Step]]


def carry_out(connection: Connection, plan: Plan, output: Output, *, forget: Callable[[Step], object] = lambda _: None) -> bool:
    """Run a plan, and plan again until nothing is left to do: what is created is looked for again, so that of two people
    who create at once one set stays. `forget` is told of a step whose resource has to be read again.

    A refusal costs its step alone: it is kept for the end, and the others are done. Return whether all is done.
    """
    settled: set[tuple[str, ...]] = set()
    refused: dict[tuple[str, ...], tuple[Step, Refusal]] = {}
    full: set[str] = set()  # kinds of which a limit takes no more
    for number in range(MAX_ROUNDS):
        steps = [step for step in plan() if step.key not in settled and not step.late]
        still = settled.union(step.key for step in steps)  # what was refused as stale may have been done by somebody else
        refused = {key: each for key, each in refused.items() if key in still}
        if number and any(key[1] == "topic" for key in refused):
            time.sleep(SETTLE)
        blocked = ""  # why what follows is not tried
        for step in output.track(steps, len(steps), f"carrying out in {connection.region}"):
            if step.runs and (blocked or (step.action == "create" and step.what in full)):
                output.step(step, outcome="not tried")
                settled.add(step.key)
                continue
            refusal = attempt(connection, step, output) if step.runs else None
            if not refusal:
                refused.pop(step.key, None)
                settled.add(step.key)
                output.step(_made(connection, step) if step.action == "create" else step, outcome="done")
            else:
                refused[step.key] = step, refusal
                if refusal.code in LIMIT_CODES:
                    full.add(step.what)
                if refusal.status in STALE:
                    forget(step)
                else:
                    settled.add(step.key)
            if (step.action, step.what) == ("create", "topic"):
                if refusal and refusal.status not in STALE:
                    blocked = "topic"
                else:
                    break  # what follows needs its OCID
        if blocked or not any(step.runs for step in steps):
            break
    for step, refusal in refused.values():
        output.step(step, outcome="refused")
        output.refused(refusal)
    return not refused and not full


def _made(connection: Connection, step: Step) -> Step:
    """Return a creation with the OCID that OCI answered."""
    return replace(step, id=next(reversed(connection.made[step.what]), ""))


def attempt(connection: Connection, step: Step, output: Output) -> Refusal | None:
    """Run a step; return the refusal if the run can go on without it. What OCI does not know yet is tried again."""
    told = False
    while True:
        try:
            run(connection, step, output)
        except Refusal as e:
            if e.status == UNKNOWN_USER:
                raise
            if step.action == "delete" and e.status == FORBIDDEN and _is_gone(connection, step):
                _forget(connection, step)  # somebody else was faster
                return None
            if e.status in NOT_YET and _may_wait(connection, step, e):
                with nullcontext() if told else output.waiting(NOT_READY.format(code=e.code, title=step.title)):
                    time.sleep(SETTLE)
                told = True
                continue
            return e
        return None


def _may_wait(connection: Connection, step: Step, refusal: Refusal) -> bool:
    """Say whether a step waits for something of ours, and take the time from what all steps together may wait."""
    what = "new" if _is_about_new(connection, step) else "changing"
    if what == "changing" and not (refusal.status == CONFLICT and step.action in OURS):
        return False
    connection.patience[what] -= SETTLE
    return connection.patience[what] >= 0


def _is_about_new(connection: Connection, step: Step) -> bool:
    """Say whether a step is about something that this run has made, or waits for the end of a topic of its name."""
    if (step.action, step.what) == ("create", "topic"):
        return read.is_being_deleted(connection, step.compartment, step.name)
    told = (step.id, str(step.details))
    return any(ocid in text for made in connection.made.values() for ocid in made for text in told)


def _is_gone(connection: Connection, step: Step) -> bool:
    """Say whether there is nothing to delete; OCI answers 404 as well to whom it does not let delete."""
    get = getattr(_client(connection, step.what), f"get_{step.what}")
    try:
        return connection.ask(f"read the {step.what} {shown(step.name)}", get, step.id).data.lifecycle_state in read.GONE
    except Refusal as e:
        return e.status == FORBIDDEN


def run(connection: Connection, step: Step, output: Output) -> None:
    """Do what a step says, and remember what OCI answers."""
    if step.action == "delete":
        call = getattr(_client(connection, step.what), f"delete_{step.what}")
        connection.ask(step.title, call, step.id, about=step, **({"if_match": step.etag} if step.etag else {}))
        _forget(connection, step)
    elif step.action == "create":
        model, call = _model(step.what, "Create"), getattr(_client(connection, step.what), f"create_{step.what}")
        reply = connection.ask(step.title, call, _build(model, step.details), about=step)
        made = resource(reply.data, reply.headers.get("etag"))
        connection.made[step.what][made.id] = made
    else:
        updated = _update(connection, step, step.details, step.etag)
        if step.then:
            _finish(connection, step, updated, output)


def _forget(connection: Connection, step: Step) -> None:
    """Remember that what a step deletes is gone, though OCI's lists may show it for a while."""
    connection.deleted.add(step.id)
    connection.made[step.what].pop(step.id, None)


def _update(connection: Connection, step: Step, details: Mapping[str, Any], etag: str | None) -> Resource:
    model, call = _model(step.what, "Update"), getattr(_client(connection, step.what), f"update_{step.what}")
    reply = connection.ask(step.title, call, step.id, _build(model, details), if_match=etag, about=step)
    updated = resource(reply.data, reply.headers.get("etag"))
    if updated.id == step.id and step.id in connection.made[step.what]:
        connection.made[step.what][step.id] = updated
    return updated


def _finish(connection: Connection, step: Step, updated: Resource, output: Output) -> None:
    """Drop the mark of a detached alarm once the answer shows that it is what it was."""
    if step.details.get(REPEAT) is CLEAR and updated.fields.get(REPEAT):
        output.warn(NOT_CLEARED.format(name=shown(step.name), repeat=updated.fields[REPEAT]))
        return
    sent = {field: value for field, value in step.details.items() if value is not CLEAR}
    if unseen := [field for field, value in sent.items() if not same(value, updated.fields.get(field))]:
        output.warn(NOT_SEEN.format(name=shown(step.name), fields=", ".join(unseen)))
        return
    _update(connection, step, step.then, updated.etag)


def _client(connection: Connection, what: str) -> Any:
    return {
        "topic": connection.topics,
        "subscription": connection.messages,
        "alarm": connection.monitoring,
        "rule": connection.events,
    }[what]


def _model(what: str, verb: str) -> Any:
    if (what, verb) == ("topic", "Update"):
        return oci.ons.models.TopicAttributesDetails
    module = {"alarm": oci.monitoring, "rule": oci.events}.get(what, oci.ons)
    return getattr(module.models, f"{verb}{what.capitalize()}Details")


def _build(model: Any, details: Mapping[str, Any]) -> Any:
    """Return the SDK's model with the fields that it has; a cleared one is sent as null."""
    values = {name: details[wire] for name, wire in model().attribute_map.items() if wire in details}
    return model(**{name: oci.util.NONE_SENTINEL if value is CLEAR else value for name, value in values.items()})
