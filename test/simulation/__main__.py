"""Run scenarios of an OCI that fires, repeats, doubles and forgets, and compare what is open in SpaceONE with what fires.

SpaceONE's real monitoring service, the plugin and what stands around them run as processes of their own, in the time of the
scenario; with --model a model of the service and the plugin's manager run in this process, some fifty times as fast. A timeline
is printed unless there are several scenarios or --quiet is given. Exit status: 0 if the sentence holds, 1 if not.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from simulation import faults, table
from simulation.generator import CHAOS, Plan, random_scenario
from simulation.model import Model
from simulation.scenario import GUIDES_WINDOW, Scenario
from simulation.served import Real, services
from simulation.shorten import alone, shorten
from simulation.show import Show, Sums
from simulation.target import Target
from simulation.verdict import Verdict, Wrong, judge
from simulation.world import World
from standin.mongod import databases

DURATION = re.compile(r"PT(\d+)([MH])")


def main() -> int:
    """Return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended
    try:
        return _run(_arguments())
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace) -> int:
    if arguments.reconcile:
        return _compare(arguments)
    with contextlib.ExitStack() as stack:
        if arguments.fault:
            stack.enter_context(faults.made(arguments.fault))
        make_target = stack.enter_context(_targets(model=arguments.model or bool(arguments.fault)))
        if arguments.table:
            return table.show(make_target, arguments.seed)
        return _tell(arguments, make_target)


def _compare(arguments: argparse.Namespace) -> int:
    from simulation import reconciled  # it needs oci-connect

    return reconciled.compare(_scenarios(arguments, single=arguments.scenarios == 1), arguments.reconcile, print)


def _tell(arguments: argparse.Namespace, make_target: Callable[[Scenario], Target]) -> int:
    single = arguments.scenarios == 1 and not arguments.minutes
    show, sums = Show(timeline=single and not arguments.quiet), Sums()
    for scenario in _scenarios(arguments, single=single):
        with show.progress(f"seed {scenario.seed}") as progress:
            run = World(scenario, make_target(scenario), show.entry).run(progress)
        verdict = judge(run)
        sums.add(run, verdict)
        show.verdict(run, verdict)
        if verdict.wrong:
            show.shortest(_shortest(scenario, (verdict.unexplained or verdict.wrong)[0]))
    if not single:
        show.sums(sums)
    return int(bool(sums.wrong or sums.untold))


def _shortest(scenario: Scenario, wrong: Wrong) -> Scenario:
    """Return the shortest scenario that is found to break in the same way; the model must show it, else it is the whole scenario."""

    def breaks(scenario: Scenario) -> bool:
        return any(each.cause == wrong.cause for each in judged_by_model(scenario).wrong)

    lonely = alone(scenario, wrong.key.partition("/")[0])
    return next((shorten(each, breaks) for each in (lonely, scenario) if breaks(each)), scenario)


def judged_by_model(scenario: Scenario) -> Verdict:
    """Run a scenario in this process, and judge it."""
    return judge(World(scenario, Model(scenario)).run())


def _scenarios(arguments: argparse.Namespace, *, single: bool) -> Iterator[Scenario]:
    if arguments.scenario:
        yield Scenario.from_json(arguments.scenario.read_text(encoding="utf-8"))
        return
    end = time.monotonic() + arguments.minutes * 60
    for number in itertools.count():
        if time.monotonic() >= end if arguments.minutes else number >= arguments.scenarios:
            return
        seed = arguments.seed + number
        yield random_scenario(_plan(arguments, seed if not single else 0), seed)


def _plan(arguments: argparse.Namespace, seed: int) -> Plan:
    """Return what a scenario is to be like; in a row of scenarios, what is not given takes its turns."""
    plan = Plan(
        hours=arguments.hours,
        alarms=arguments.alarms,
        window=arguments.window,
        repeat=arguments.repeat,
        chaos=arguments.chaos,
        escalation=arguments.escalation or ("join", "separate")[seed % 2],
        replicas=arguments.replicas or (1, 2)[seed // 2 % 2],
        relayed=arguments.relayed or bool(seed // 4 % 2),
    )
    return replace(plan, **faults.FAULTS[arguments.fault].plan) if arguments.fault else plan


@contextlib.contextmanager
def _targets(*, model: bool) -> Iterator[Callable[[Scenario], Target]]:
    if model:
        yield Model
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mongod = stack.enter_context(databases(folder))
        if mongod.missing:
            print(mongod.missing, file=sys.stderr)
        parts = stack.enter_context(services(folder, mongod.new()))
        yield lambda scenario: Real(scenario, parts)


def _repeat(text: str) -> int | None:
    """Return minutes for `PT5M` or `PT1H`, 0 for none, None for any."""
    if text in ("none", "any"):
        return 0 if text == "none" else None
    found = DURATION.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError("PT5M, PT1H, none or any expected")
    return int(found[1]) * (60 if found[2] == "H" else 1)


def _positive(text: str) -> int:
    """Return a whole number above zero: a scenario of nothing would prove nothing."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError("a whole number above 0 expected")
    return int(text)


def _file(text: str) -> Path:
    """Return the path of a file that is there."""
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError("there is no such file")
    return Path(text)


def _arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bin/simulate", description=__doc__, formatter_class=raw)
    parser.add_argument(
        "--hours", type=_positive, default=6, help="of a scenario's time (default %(default)s); two more bring it to rest"
    )
    parser.add_argument(
        "--alarms", type=_positive, default=5, help="of a scenario (default %(default)s), each with one to three streams"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first scenario (default %(default)s)")
    parser.add_argument(
        "--window",
        type=_positive,
        default=GUIDES_WINDOW,
        metavar="SECONDS",
        help="DUPLICATE_EVENT_TIME (default: 32 days, as the guide says)",
    )
    parser.add_argument("--repeat", type=_repeat, default=None, metavar="DURATION", help="PT5M, none, any (default)")
    parser.add_argument("--chaos", choices=CHAOS, default="rough", help="what goes wrong (default %(default)s)")
    parser.add_argument("--escalation", choices=("join", "separate"), help="the plugin's option (default: join)")
    parser.add_argument("--replicas", type=int, choices=(1, 2), help="of the plugin; two share a Redis (default 1)")
    parser.add_argument("--relayed", action="store_true", help="ONS posts to the relay")
    parser.add_argument(
        "--scenarios",
        "--stories",
        type=_positive,
        default=1,
        help="how many, of rising seeds; what is not given takes its turns",
    )
    parser.add_argument("--minutes", type=float, default=0, help="run scenarios for so many minutes of this machine's time")
    parser.add_argument("--model", action="store_true", help="run in this process, with a model of SpaceONE")
    parser.add_argument(
        "--fault",
        choices=faults.FAULTS,
        metavar="NAME",
        help="put a mistake into the plugin; implies --model, and the scenarios in which it matters",
    )
    parser.add_argument("--scenario", "--story", type=_file, metavar="FILE", help="run the scenario in a file")
    parser.add_argument("--table", action="store_true", help="print windows and repeats against alerts left open")
    text = "run oci-connect reconcile beside the model so often, and compare with the scenarios without it"
    parser.add_argument("--reconcile", type=_positive, default=0, metavar="MINUTES", help=text)
    parser.add_argument("--quiet", action="store_true", help="print no timeline")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
