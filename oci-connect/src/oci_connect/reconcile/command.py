"""drift shows the difference between SpaceONE's open alerts and OCI's firing alarms; reconcile removes it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from oci_connect import read
from oci_connect.context import Context
from oci_connect.error import CommandError, NotInOrder, UsageError
from oci_connect.plan.step import shown
from oci_connect.reconcile.alarms import AlarmReader
from oci_connect.reconcile.cycle import MAX_CHANGES, Cycle, Report
from oci_connect.reconcile.metrics import Metrics, serve
from oci_connect.reconcile.regions import Regions, concerned_by
from oci_connect.reconcile.spaceone import SpaceOne
from oci_connect.reconcile.state import DRIFT, Decision, Kind, Settings

SETTLE = 300.0  # seconds
QUIET = (Kind.AGREE, Kind.ALIVE, Kind.HELD)  # need no attention
KINDS = {
    "OK_TO_FIRING": "a firing of that time is sent",
    "REPEAT": "a repeat is sent",
    "FIRING_TO_OK": "a recovery of that time is sent",
}
DONE = {
    "OK_TO_FIRING": "opened",
    "REPEAT": "repeated",
    "FIRING_TO_OK": "recovered",
    "resolve": "resolved",
    "replay": "replayed",
}
NO_TOKEN = "The token of a SpaceONE App is missing: set SPACEONE_TOKEN, or name a file with --token-file."  # noqa: S105
NO_VARIABLE = "{name} is missing: it is {what}."
NO_FILE = "--token-file: {file} cannot be read as text."
DRIFTS = "Drift: {number}, listed above; reconcile heals it."
UNANSWERED = "OCI did not answer for {number} compartments: nothing is known of their alarms."
REFUSED = "SpaceONE's plugin refused {number} messages: they are listed above."
QUESTION = "Carry this out at SpaceONE?"


def drift(context: Context) -> None:
    """Show the difference and change nothing; raise NotInOrder if there is one."""
    report = prepare(context, connect(context)).look()
    show(context, report)
    if report.drifts:
        raise NotInOrder(DRIFTS.format(number=sum(report.kinds[kind] for kind in DRIFT)))
    _raise_if_unanswered(report)


def reconcile(context: Context) -> None:
    """Remove the difference, once, or periodically until SIGTERM."""
    arguments = context.arguments
    if arguments.dry_run:
        return drift(context)
    if arguments.every:
        return _run_on(context, arguments.every)
    report = prepare(context, connect(context)).heal(_tell(context), lambda plan: _ask(context, plan))
    _raise_unless_done(report)
    _raise_if_unanswered(report)
    return None


def prepare(context: Context, spaceone: SpaceOne) -> Cycle:
    """Return a cycle for the command line and the current settings of webhook and project."""
    webhook = spaceone.webhook()
    arguments = context.arguments
    settings = Settings(
        settle=timedelta(seconds=arguments.settle or SETTLE),
        resolves=spaceone.recovery_mode(webhook.project) == "AUTO",
        posts=webhook.options.get("signature") != "require",
        keep_alive=not arguments.no_keep_alive,
        gone=arguments.gone,
    )
    readers = [(each.region, AlarmReader(each, context.compartments)) for each in context.connections]
    max_changes = MAX_CHANGES if arguments.most_changes is None else arguments.most_changes
    return Cycle(Regions(readers), spaceone, settings, not arguments.no_replay, max_changes, concerned_by(_topics(context)))


def connect(context: Context) -> SpaceOne:
    """Return a client of SpaceONE by the environment and the command line."""
    url = _variable("SPACEONE_WEBHOOK_URL", "SpaceONE's URL of the webhook, https://…/monitoring/v1/webhook/…/events")
    context.output.secret = url
    api = _variable("SPACEONE_API_URL", "the gRPC URL of SpaceONE's monitoring service, grpc+ssl://HOST:443 for example")
    return SpaceOne(api, _token(context.arguments.token_file), url)


def _variable(name: str, what: str) -> str:
    if value := os.environ.get(name, "").strip():
        return value
    raise UsageError(NO_VARIABLE.format(name=name, what=what))


def _token(file: str | None) -> str:
    if not file:
        token = os.environ.get("SPACEONE_TOKEN", "").strip()
    else:
        try:
            token = Path(file).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as e:
            raise UsageError(NO_FILE.format(file=file)) from e
    if not token:
        raise UsageError(NO_TOKEN)
    return token


def _topics(context: Context) -> set[str]:
    """Return the existing topics of the command line. Alarms that notify only other topics are ignored."""
    found = set()
    for connection in context.connections:
        try:
            topic = context.topic(connection)
        except CommandError:
            continue
        if topic:
            found.add(topic.id)
    return found


def _run_on(context: Context, every: float) -> None:
    """Run periodic cycles; a failed one is reported.

    Token file, recovery mode, options of the webhook and compartments are read in each cycle.
    """
    if not context.arguments.yes:
        raise UsageError("--every: nobody is asked before a cycle: add --yes.")
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    metrics = Metrics(max_age=3 * every + 300)
    server = serve(metrics, context.arguments.status_port) if context.arguments.status_port else None
    while not stop.is_set():
        begun = time.monotonic()
        try:
            _run_once(context, metrics)
        except UsageError:
            raise
        except CommandError as e:
            metrics.end()
            context.output.say(context.output.redact(f"This cycle failed: {e}"))
        stop.wait(max(1.0, begun + every - time.monotonic()))
    if server:
        server.shutdown()


def _run_once(context: Context, metrics: Metrics) -> None:
    arguments, output = context.arguments, context.output
    for each in ("steps", "warnings"):
        output.result[each].clear()  # those of the cycle before
    with contextlib.closing(connect(context)) as spaceone:
        compartments = read.compartments(context.connections[0], arguments.compartment, output, subtree=arguments.subtree)
        cycle = prepare(replace(context, compartments=compartments), spaceone)
        report = cycle.heal(_tell(context), lambda plan: show(context, plan, short=True))
    metrics.succeed(report)
    if report.refusal:
        output.say(f"Nothing was changed: {report.refusal}")


def _ask(context: Context, plan: Report) -> None:
    show(context, plan)
    if not plan.refusal and any(each.post or each.resolve for each in plan.decisions):
        context.confirm(QUESTION)
        context.output.carry_out()


def _raise_unless_done(report: Report) -> None:
    if report.refusal:
        raise NotInOrder(f"Nothing was changed: {report.refusal}")
    if number := report.done.get("refused"):
        raise NotInOrder(REFUSED.format(number=number))


def _raise_if_unanswered(report: Report) -> None:
    if report.unanswered:
        raise NotInOrder(UNANSWERED.format(number=len(report.unanswered)))


def _tell(context: Context) -> Callable[[str, str, str], object]:
    def tell(action: str, name: str, reason: str) -> None:
        _step(context, DONE.get(action, action), name, reason)

    return tell


def show(context: Context, report: Report, *, short: bool = False) -> None:
    """Print the decisions; `short` leaves out those that need no attention."""
    for decision in report.decisions:
        if decision.kind not in QUIET or (decision.kind is not Kind.AGREE and not short):
            _step(context, decision.kind.value, decision.name, f"{decision.reason}{_plan(decision)}")
    for place in report.unanswered:
        context.output.warn(f"OCI did not answer for the compartment {place}: nothing of it is touched")
    context.output.result["drift"] = {kind.value: number for kind, number in sorted(report.kinds.items())}
    found = ", ".join(f"{number} {kind.value}" for kind, number in sorted(report.kinds.items())) or "nothing to compare"
    others = (
        f"; {report.others} open alerts are of no alarm (problems, events, notices) and not looked at" if report.others else ""
    )
    if not short or report.drifts:
        context.output.say(f"{report.open} open alerts: {found}{others}")


def _plan(decision: Decision) -> str:
    """Return the action of a decision, as the end of its sentence."""
    number = len(decision.resolve)
    alerts = f"{number} alert{'s are' if number > 1 else ' is'}"
    if decision.kind is Kind.FAILED:
        return "; the message is posted again" if number else ""
    if decision.post:
        return f"; {KINDS[decision.post.kind]}" + (f"; {alerts} resolved if still open" if number else "")
    return f"; {alerts} resolved" if number else ""


def _step(context: Context, action: str, name: str, reason: str) -> None:
    output = context.output
    output.result["steps"].append({"action": action, "what": "alert", "name": name, "note": output.redact(reason)})
    output.say(f"{action:<10} {shown(name)}")
    output.say(f"           {shown(output.redact(reason))}")
