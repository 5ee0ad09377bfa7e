"""Carrying out a plan: each step is one call to OCI. What somebody else changed in between is read and planned again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import oci

from oci_connect.connection import Connection
from oci_connect.error import FORBIDDEN, CommandError, Refusal
from oci_connect.output import Output
from oci_connect.plan.attach import REPEAT
from oci_connect.plan.step import CLEAR, Step, shown

ROUNDS = 5
STALE = (409, 412)  # it is there already, or it was changed since it was read
ONE_OF_MANY = (400, 404, 409, 412)  # refused for one alarm or rule; the others are done
GONE = ("DELETED", "DELETING")
NOT_CLEARED = "{name}: OCI keeps the repeat interval {repeat}: switch it off in the console."

Plan = Callable[[], Iterable[Step]]


def carry_out(connection: Connection, plan: Plan, output: Output, *, forget: Callable[[Step], object] = lambda _: None) -> None:
    """Run a plan, and plan again until nothing is left to do: what is created is looked for again, so that of two people
    who create at once one set stays. `forget` is told of a step whose resource has to be read again.

    Raises Refusal, or CommandError if only some of the alarms or rules were refused.
    """
    settled: set[tuple[str, ...]] = set()
    refused: dict[tuple[str, ...], Refusal] = {}
    for _ in range(ROUNDS):
        steps = [step for step in plan() if step.key not in settled and not step.late]
        still = settled.union(step.key for step in steps)  # what was refused as stale may have been done by somebody else
        refused = {key: refusal for key, refusal in refused.items() if key in still}
        for step in output.track(steps, "carrying out"):
            refusal = _try(connection, step, output) if step.runs else None
            if refusal:
                refused[step.key] = refusal
            else:
                refused.pop(step.key, None)
                output.step(step, done=True)
            if refusal and refusal.status in STALE:
                forget(step)
            else:
                settled.add(step.key)
            if (step.action, step.what) == ("create", "topic"):
                break  # what follows needs its OCID
        if not any(step.runs for step in steps):
            break
    if refused:
        _raise(list(refused.values()), output)


def _try(connection: Connection, step: Step, output: Output) -> Refusal | None:
    """Run a step; return the refusal if the run can go on without it."""
    try:
        run(connection, step, output)
    except Refusal as e:
        if step.action == "delete" and e.status == FORBIDDEN and _is_gone(connection, step):
            return None  # somebody else was faster
        if e.status in (STALE if step.what in ("topic", "subscription") else ONE_OF_MANY):
            return e
        raise
    return None


def _is_gone(connection: Connection, step: Step) -> bool:
    """Say whether there is nothing to delete; OCI answers 404 as well to whom it does not let delete."""
    read = getattr(_client(connection, step.what), f"get_{step.what}")
    try:
        return connection.ask(f"read the {step.what} {shown(step.name)}", read, step.id).data.lifecycle_state in GONE
    except Refusal as e:
        return e.status == FORBIDDEN


def _raise(refusals: list[Refusal], output: Output) -> None:
    if len(refusals) == 1:
        raise refusals[0]
    for refusal in refusals:
        output.refused(refusal)
    raise CommandError(
        f"OCI refuses {len(refusals)} steps, see above; the others are done. The same command goes on from here."
    )


def run(connection: Connection, step: Step, output: Output) -> None:
    """Do what a step says."""
    doing = step.title
    if step.action == "delete":
        call = getattr(_client(connection, step.what), f"delete_{step.what}")
        keywords = {"if_match": step.etag} if step.etag else {}
        connection.ask(doing, call, step.id, **keywords)
    elif step.action == "create":
        model, call = _model(step.what, "Create"), getattr(_client(connection, step.what), f"create_{step.what}")
        connection.ask(doing, call, _build(model, step.details))
    else:
        model, call = _model(step.what, "Update"), getattr(_client(connection, step.what), f"update_{step.what}")
        reply = connection.ask(doing, call, step.id, _build(model, step.details), if_match=step.etag)
        if step.details.get(REPEAT) is CLEAR and reply.data.repeat_notification_duration:
            output.warn(NOT_CLEARED.format(name=shown(step.name), repeat=reply.data.repeat_notification_duration))


def _client(connection: Connection, what: str) -> Any:
    return {
        "topic": connection.topics,
        "subscription": connection.messages,
        "alarm": connection.monitoring,
        "rule": connection.events,
    }[what]


def _model(what: str, verb: str) -> Any:
    module = {"alarm": oci.monitoring, "rule": oci.events}.get(what, oci.ons)
    return getattr(module.models, f"{verb}{what.capitalize()}Details")


def _build(model: Any, details: Mapping[str, Any]) -> Any:
    """Return the SDK's model with the fields that it has; a cleared one is sent as null."""
    values = {name: details[wire] for name, wire in model().attribute_map.items() if wire in details}
    return model(**{name: oci.util.NONE_SENTINEL if value is CLEAR else value for name, value in values.items()})
