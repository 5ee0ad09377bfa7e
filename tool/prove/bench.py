"""Measure the plugin beside its limits, in one run on one pinned core: calls a second, latency, CPU, memory, start-up.

Each round starts each server anew on the first core and drives it from the second with h2load, which speaks gRPC's HTTP/2
with a request made before; the plugin also while Oracle answers no confirmation. Servers take turns, so that a slow minute of
the machine meets them all; what is printed are medians of the rounds, and ratios of the same round. Servers: see
tool/prove/bench_servers.py; "stock pins" runs on the versions that spaceone-core itself pins, and "spaceone run" is the
plugin as the framework's own command starts it. --record adds a row to the table in docs/evidence/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from corpus.signing import CERTIFICATE
from plugin_process import FRAMEWORKS_ARGUMENTS, ROOT, UNSPACED, WITHOUT_SPACING
from prove.bench_load import CLIENT_CORE, Server, drive, drive_relay, start, write_payloads
from prove.bench_report import CONCURRENCY, HANG, HANGING, IDLE_MEASURED, RELAY, Runs, Servers, record, summarise, table
from standin.certificates import pem
from standin.oracle import Oracle, hanging, oracle

SERVERS = str(Path(__file__).with_name("bench_servers.py"))
AGED = ("plugin", "spaceone run", "stock", "stock, stock pins")  # whose memory is looked at again after many calls
NOT_DRIVEN = ("spaceone run",)  # it is the plugin again


def main() -> int:
    """Print the table, or with --json the figures."""
    arguments = _arguments()
    source = Path(arguments.source).resolve() / "src"
    framework = f"{WITHOUT_SPACING}from spaceone.core.command import cli; cli()"
    frameworks = [arguments.python, "-c", framework, *FRAMEWORKS_ARGUMENTS]
    own = [arguments.python, *UNSPACED[1:]]  # h2load sends one message again and again
    commands = {
        "plugin": own if (source / "plugin/__main__.py").exists() else frameworks,  # versions before 0.2.0 have no command
        "spaceone run": frameworks,
        "bytes echo": [arguments.python, SERVERS, "bytes"],
        "message echo": [arguments.python, SERVERS, "message"],
        "stock": [arguments.python, SERVERS, "stock"],
        "stock, stock pins": [arguments.stock_python, SERVERS, "stock"],
    }
    runs: Runs = {}
    servers: Servers = {name: {} for name in (*commands, RELAY)}
    os.sched_setaffinity(0, {int(CLIENT_CORE)})
    with tempfile.TemporaryDirectory() as folder, oracle(Path(folder)) as ons:
        ons.content = pem(CERTIFICATE)
        payloads = write_payloads(Path(folder))
        for number in range(arguments.rounds):
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
            for name, command in commands.items():
                with start(name, command, ons.environment, source) as server:
                    figures = {"start": server.start_up, "fresh": server.memory()}
                    if number == 0 and name in IDLE_MEASURED:
                        figures["rest"], figures["wakes"] = server.rest(arguments.rest)
                    measure(runs, name, server, payloads, arguments.calls)
                    if name in AGED:
                        drive(server, payloads["alarm"], 8, max(arguments.aged - arguments.calls * len(CONCURRENCY), 1))
                        figures["aged"] = server.memory()
                    if name == "plugin":
                        measure_more(runs, server, payloads, arguments.calls, ons)
                _add(servers, name, figures)
        _add(servers, RELAY, drive_relay(arguments.python, SERVERS, Path(folder), arguments.aged))
    report = summarise(runs, servers)
    version = subprocess.run([arguments.python, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(json.dumps(report, indent=2) if arguments.json else table(report, version, arguments.rounds))
    if arguments.record:
        record(report, arguments.record)
    return 0


def measure(runs: Runs, name: str, server: Server, payloads: dict[str, Path], calls: int) -> None:
    """Drive a server with the alarm at each concurrency."""
    for concurrency in () if name in NOT_DRIVEN else CONCURRENCY:
        runs.setdefault((name, "alarm", concurrency), []).append(drive(server, payloads["alarm"], concurrency, calls))


def measure_more(runs: Runs, server: Server, payloads: dict[str, Path], calls: int, ons: Oracle) -> None:
    """Drive the plugin with the other payloads, and with the alarm while confirmations wait for an Oracle that is silent."""
    for payload in payloads.keys() - {"alarm"}:
        runs.setdefault(("plugin", payload, 8), []).append(drive(server, payloads[payload], 8, calls))
    with hanging(ons, server.target, HANGING):
        runs.setdefault(("plugin", HANG, 8), []).append(drive(server, payloads["alarm"], 8, calls))


def _add(servers: Servers, name: str, figures: dict[str, float]) -> None:
    for key, value in figures.items():
        servers[name].setdefault(key, []).append(value)


def _arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__, formatter_class=raw)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=1500, help="in one measurement (default: %(default)s)")
    parser.add_argument(
        "--aged", type=int, default=10_000, help="calls before memory is looked at again (default: %(default)s)"
    )
    parser.add_argument("--rest", type=float, default=10, help="seconds in which nobody calls (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--source", default=str(ROOT), metavar="DIRECTORY", help="measure the plugin of another checkout")
    parser.add_argument("--record", metavar="VERSION", help="add a row of this name to docs/evidence/performance.md")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the locked requirements")
    parser.add_argument("--stock-python", required=True, help="an interpreter with spaceone-core's own pins")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
