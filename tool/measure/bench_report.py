"""The benchmark's figures: medians of the rounds, and ratios of the same round."""

from __future__ import annotations

import platform
import statistics
from typing import TypedDict

from measure.bench_load import STREAMS, Run

CONCURRENCY = (1, 8, 32)  # calls at once, of the alarm; the other payloads are driven with 8
HANGING = 32  # callers that wait for an Oracle that does not answer, while alarms are measured
HANG = f"alarm, {HANGING} hang"

Runs = dict[tuple[str, str, int], list[Run]]  # server, payload, concurrency -> a run of each round

Row = TypedDict(
    "Row", {"server": str, "payload": str, "at once": int, "calls": float, "p50": float, "p99": float, "cpu": float}
)


class Report(TypedDict):
    """What --json prints."""

    rows: list[Row]
    servers: dict[str, dict[str, float]]
    ratios: dict[str, float]


def summarise(runs: Runs, servers: dict[str, dict[str, list[float]]]) -> Report:
    """Return the medians of the runs and of each server's start-up and memory, and the plugin's ratios."""
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
    return {"rows": rows, "servers": medians, "ratios": _ratios(runs)}


def table(report: Report, python: str, rounds: int) -> str:
    """Return the report as a person reads it."""
    lines = [f"{python} on {platform.machine()}, one core for the server, {rounds} rounds, medians", ""]
    lines.append(f"{'server':<20}{'payload':<18}{'at once':>8}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'µs CPU/call':>13}")
    for row in report["rows"]:
        load = f"{row['server']:<20}{row['payload']:<18}{row['at once']:>8}"
        lines.append(f"{load}{row['calls']:>9.0f}{row['p50']:>9.2f}{row['p99']:>9.2f}{row['cpu']:>13.0f}")
    lines += ["", f"{'server':<20}{'start-up ms':>12}{'memory MB':>11}"]
    lines += [f"{name:<20}{server['start']:>12.0f}{server['memory']:>11.0f}" for name, server in report["servers"].items()]
    lines += ["", "the plugin's ratios"]
    lines += [f"  {name:<52}{value:>8.2f}" for name, value in report["ratios"].items()]
    return "\n".join(lines)


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
