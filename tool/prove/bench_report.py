"""The benchmark's figures: medians of the rounds, and ratios of the same round; and the table of all versions."""

from __future__ import annotations

import platform
import statistics
from datetime import date
from pathlib import Path
from typing import TypedDict

from prove.bench_load import STREAMS, Run

PAGE = Path(__file__).parents[2] / "docs/evidence/performance.md"
VERSIONS = "| version |"  # the head of the table of `record`
RELAY = "relay"
IDLE_MEASURED = ("plugin", "bytes echo", "stock")  # measured while idle
COLUMNS = {
    "start": "start-up ms",
    "fresh": "fresh MB",
    "aged": "aged MB",
    "rest": "ms CPU at rest",
    "wakes": "wake-ups",
}

CONCURRENCY = (1, 8, 32)  # calls at once, of the alarm; the other payloads are driven with 8
HANGING = 32  # callers that wait for an Oracle that does not answer, while alarms are measured
HANG = f"alarm, {HANGING} hang"

Runs = dict[tuple[str, str, int], list[Run]]  # server, payload, concurrency -> a run of each round
Servers = dict[str, dict[str, list[float]]]  # server -> a key of COLUMNS -> a value of each round

Row = TypedDict(
    "Row", {"server": str, "payload": str, "at once": int, "calls": float, "p50": float, "p99": float, "cpu": float}
)


class Report(TypedDict):
    """What --json prints."""

    rows: list[Row]
    servers: dict[str, dict[str, float]]
    ratios: dict[str, float]


def summarise(runs: Runs, servers: Servers) -> Report:
    """Return the medians of the runs and of each server's other figures, and the plugin's ratios."""
    rows: list[Row] = [
        {
            "server": server,
            "payload": payload,
            "at once": concurrency,
            "calls": statistics.median(run.calls for run in rounds),
            "p50": statistics.median(run.p50 for run in rounds),
            "p99": statistics.median(run.p99 for run in rounds),
            "cpu": statistics.median(run.cpu for run in rounds),
        }
        for (server, payload, concurrency), rounds in runs.items()
    ]
    medians = {name: {key: statistics.median(values) for key, values in series.items()} for name, series in servers.items()}
    return {"rows": rows, "servers": medians, "ratios": _ratios(runs) | _ratios_of_servers(servers)}


def table(report: Report, python: str, rounds: int) -> str:
    """Return the report as a person reads it."""
    lines = [f"{python} on {platform.machine()}, one core for the server, {rounds} rounds, medians", ""]
    lines.append(f"{'server':<20}{'payload':<18}{'at once':>8}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'µs CPU/call':>13}")
    for row in report["rows"]:
        load = f"{row['server']:<20}{row['payload']:<18}{row['at once']:>8}"
        lines.append(f"{load}{row['calls']:>9.0f}{row['p50']:>9.2f}{row['p99']:>9.2f}{row['cpu']:>13.0f}")
    lines += ["", f"{'server':<20}" + "".join(f"{column:>16}" for column in COLUMNS.values())]
    for name, server in report["servers"].items():
        lines.append(
            (f"{name:<20}" + "".join(f"{server[key]:>16.0f}" if key in server else " " * 16 for key in COLUMNS)).rstrip()
        )
    lines += ["", "the plugin's ratios"]
    lines += [f"  {name:<52}{value:>8.2f}" for name, value in report["ratios"].items()]
    return "\n".join(lines)


def record(report: Report, version: str) -> None:
    """Add a row of a version to the table of all versions."""
    ratios, plugin = report["ratios"], report["servers"]["plugin"]
    figures = (
        f"{ratios['calls at 8 against bytes echo']:.2f}",
        f"{ratios['p99 at 8 against bytes echo']:.2f}",
        f"{ratios['calls at 32 against stock, stock pins']:.1f}",
        f"{ratios['start-up against stock']:.2f}",
        f"{plugin['fresh']:.0f} MB",
        f"{ratios['aged memory against stock']:.2f}",
    )
    row = f"| {date.today().isoformat()}, {version} | {' | '.join(figures)} |"
    lines = PAGE.read_text(encoding="utf-8").split("\n")
    begin = next(number for number, line in enumerate(lines) if line.startswith(VERSIONS))
    end = next(number for number, line in enumerate(lines) if number > begin and not line.startswith("|"))
    PAGE.write_text("\n".join([*lines[:end], row, *lines[end:]]), encoding="utf-8")


def _ratios_of_servers(servers: Servers) -> dict[str, float]:
    def ratio(key: str, other: str) -> float:
        return statistics.median(a / b for a, b in zip(servers["plugin"][key], servers[other][key], strict=True))

    others = ("stock", "stock, stock pins", "spaceone run")
    ratios = {f"start-up against {other}": ratio("start", other) for other in others}
    ratios |= {f"fresh memory against {other}": ratio("fresh", other) for other in others}
    return ratios | {f"aged memory against {other}": ratio("aged", other) for other in others}


def _ratios(runs: Runs) -> dict[str, float]:
    def ratio(figure: str, concurrency: int, other: str, payload: str = "alarm") -> float:
        pairs = zip(runs["plugin", "alarm", concurrency], runs[other, payload, concurrency], strict=True)
        return statistics.median(float(getattr(ours, figure)) / float(getattr(theirs, figure)) for ours, theirs in pairs)

    ratios = {
        f"calls at {n} against {other}": ratio("calls", n, other)
        for n in CONCURRENCY
        for other in ("bytes echo", "message echo", "stock", "stock, stock pins")
    }
    ratios |= {f"p99 at {n} against bytes echo": ratio("p99", n, "bytes echo") for n in CONCURRENCY}
    ratios[f"p99 at 8 while {HANGING} confirmations hang, against none"] = 1 / ratio("p99", 8, "plugin", HANG)
    ratios[f"CPU of {STREAMS} streams against one"] = 1 / ratio("cpu", 8, "plugin", f"{STREAMS} streams")
    return ratios
