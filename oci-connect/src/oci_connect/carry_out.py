"""Carry out a plan, one call to OCI per step. Concurrent changes are read, and the plan is made again."""

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
RETRY_INTERVAL = 1.0  # seconds
STALE = (409, 412)  # it exists already, or was changed since it was read
NOT_YET = (404, 409)  # OCI's answer for a new resource
CONFLICT = 409  # OCI's answer for a resource that is being changed
OURS = ("update", "changed", "delete", "detach")  # actions on what belongs to the set
NOT_READY = "{code}: waiting to {title}"
NOT_CLEARED = "{name}: OCI keeps the repeat interval {repeat}: switch it off in the console; its tag keeps what was."
NOT_SEEN = "{name}: OCI's answer does not show the change of {fields} yet: its tag keeps what was. Run the command again."

Plan = Callable[[], Iterable[Step]]


def carry_out(connection: Connection, plan: Plan, output: Output, *, forget: Callable[[Step], object] = lambda _: None) -> bool:
    """Run the steps of a plan and plan again, until nothing is left, so that duplicates of concurrent runs are deleted.

    `forget` gets each step whose resource must be read again. A refusal does not stop the other steps, and is reported at the
    end. Return whether all is done.
    """
    settled: set[tuple[str, ...]] = set()
    refused: dict[tuple[str, ...], tuple[Step, Refusal]] = {}
    full: set[str] = set()  # kinds whose limit is reached
    for number in range(MAX_ROUNDS):
        steps = [step for step in plan() if step.key not in settled and not step.late]
        still = settled.union(step.key for step in steps)  # another run may have done a stale step
        refused = {key: each for key, each in refused.items() if key in still}
        if number and any(key[1] == "topic" for key in refused):
            time.sleep(RETRY_INTERVAL)
        blocked = ""  # why later steps are skipped
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
    """Return the step with the OCID of the new resource."""
    return replace(step, id=next(reversed(connection.made[step.what]), ""))


def attempt(connection: Connection, step: Step, output: Output) -> Refusal | None:
    """Run a step, retrying while OCI does not know a new resource yet; return a refusal that does not end the run."""
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
                    time.sleep(RETRY_INTERVAL)
                told = True
                continue
            return e
        return None


def _may_wait(connection: Connection, step: Step, refusal: Refusal) -> bool:
    """Say whether a step may be retried, and take the time from the total patience."""
    what = "new" if _is_about_new(connection, step) else "changing"
    if what == "changing" and not (refusal.status == CONFLICT and step.action in OURS):
        return False
    connection.patience[what] -= RETRY_INTERVAL
    return connection.patience[what] >= 0


def _is_about_new(connection: Connection, step: Step) -> bool:
    """Say whether a step uses a resource created in this run, or waits for the deletion of a topic of its name."""
    if (step.action, step.what) == ("create", "topic"):
        return read.is_being_deleted(connection, step.compartment, step.name)
    told = (step.id, str(step.details))
    return any(ocid in text for made in connection.made.values() for ocid in made for text in told)


def _is_gone(connection: Connection, step: Step) -> bool:
    """Say whether a resource is gone; OCI answers 404 for a missing permission too."""
    get = getattr(_client(connection, step.what), f"get_{step.what}")
    try:
        return connection.ask(f"read the {step.what} {shown(step.name)}", get, step.id).data.lifecycle_state in read.GONE
    except Refusal as e:
        return e.status == FORBIDDEN


def run(connection: Connection, step: Step, output: Output) -> None:
    """Carry out a step, and remember the resource."""
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
    """Remember a deletion, because OCI's lists are eventually consistent."""
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
    """Remove the mark of a detached alarm, if the answer shows its old values."""
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
    """Return the SDK's model; a cleared field is sent as null."""
    values = {name: details[wire] for name, wire in model().attribute_map.items() if wire in details}
    return model(**{name: oci.util.NONE_SENTINEL if value is CLEAR else value for name, value in values.items()})
