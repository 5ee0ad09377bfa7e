"""Measure the plugin beside its limits, in one run on one pinned core: calls a second, latency, processor, memory, start-up.

Each round starts each server anew on the first core and drives it from the second with h2load, which speaks gRPC's HTTP/2
with a request made before; the plugin also while Oracle answers no confirmation. Servers take turns, so that a slow minute of
the machine meets them all; what is printed are medians of the rounds, and ratios of the same round. Servers: see
tool/bench_servers.py; "stock pins" runs on the versions that spaceone-core itself pins.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import copy
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import grpc
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from spaceone.api.monitoring.plugin import event_pb2, webhook_pb2, webhook_pb2_grpc

from client import as_struct, read_message
from oracle import CERTIFICATE_URL, Oracle, certificate, hanging, oracle, pem, rsa_key
from plugin.ons.signature import UNSIGNED

ROOT = Path(__file__).resolve().parent.parent
ALARM = ROOT / "test/fixture/alarm/autonomous_database.json"
ENVELOPE = ROOT / "test/fixture/alarm_documented/firing_in_envelope.json"
PATH = "/spaceone.api.monitoring.plugin.Event/parse"
AT_ONCE = (1, 8, 32)
STREAMS = 50
CONFIRMATIONS = 32  # that wait for an Oracle that does not answer, while alarms are measured
HANG = f"alarm, {CONFIRMATIONS} hang"
SERVER_CORE, CLIENT_CORE = 0, 1
ENVIRONMENT: dict[str, str] = {}  # leads the plugin to the stand-in for Oracle
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Run:
    """What one server did under one load."""

    calls: float  # a second
    p50: float  # milliseconds
    p99: float
    cpu: float  # microseconds a call


def main() -> int:
    """Print the table, or with --json the figures."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__, formatter_class=raw)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=1500, help="in one measurement (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the locked requirements")
    parser.add_argument("--stock-python", required=True, help="an interpreter with spaceone-core's own pins")
    arguments = parser.parse_args()
    servers = {
        "plugin": [str(Path(arguments.python).with_name("spaceone")), "run", "plugin-server", "plugin", "-p"],
        "bytes echo": [arguments.python, str(ROOT / "tool/bench_servers.py"), "bytes"],
        "message echo": [arguments.python, str(ROOT / "tool/bench_servers.py"), "message"],
        "stock": [arguments.python, str(ROOT / "tool/bench_servers.py"), "stock"],
        "stock, stock pins": [arguments.stock_python, str(ROOT / "tool/bench_servers.py"), "stock"],
    }
    runs: dict[tuple[str, str, int], list[Run]] = {}
    facts: dict[str, dict[str, list[float]]] = {name: {"start": [], "memory": []} for name in servers}
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory() as folder, oracle(Path(folder)) as ons:
        ENVIRONMENT.update(ons.environment)
        loads = payloads(Path(folder), ons)
        for number in range(arguments.rounds):
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
            for name, command in servers.items():
                with served(name, command) as (process, port, started):
                    facts[name]["start"].append(started)
                    kinds = loads if name == "plugin" else {"alarm": loads["alarm"]}
                    for kind, file in kinds.items():
                        for at_once in AT_ONCE if kind == "alarm" else (8,):
                            run = measure(process, port, file, at_once, arguments.calls)
                            runs.setdefault((name, kind, at_once), []).append(run)
                    if name == "plugin":
                        with hanging(ons, f"127.0.0.1:{port}", CONFIRMATIONS):
                            run = measure(process, port, loads["alarm"], 8, arguments.calls)
                        runs.setdefault((name, HANG, 8), []).append(run)
                    facts[name]["memory"].append(memory(process))
    report = summed_up(runs, facts)
    print(json.dumps(report, indent=2) if arguments.json else table(report, arguments))
    return 0


def payloads(folder: Path, ons: Oracle) -> dict[str, Path]:
    """Write the requests: the alarm, the same with 50 streams, the documented envelope, and that signed."""
    alarm, envelope = read_message(str(ALARM)), read_message(str(ENVELOPE))
    streams = copy.deepcopy(alarm)
    meta = streams["alarmMetaData"][0]
    meta["dimensions"] = [meta["dimensions"][0] | {"resourceName": f"db-{i}"} for i in range(STREAMS)]
    meta["metricValues"] *= STREAMS
    required = as_struct({"signature": "require"})
    requests = {
        "alarm": event_pb2.ParseRequest(data=as_struct(alarm)),
        f"{STREAMS} streams": event_pb2.ParseRequest(data=as_struct(streams)),
        "envelope": event_pb2.ParseRequest(data=as_struct(envelope)),
        "signed envelope": event_pb2.ParseRequest(data=as_struct(signed(ons, envelope)), options=required),
    }
    files = {}
    for kind, request in requests.items():
        body = request.SerializeToString()
        files[kind] = folder / kind.replace(" ", "-")
        files[kind].write_bytes(b"\0" + len(body).to_bytes(4, "big") + body)
    return files


def signed(ons: Oracle, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return the envelope signed now, and let Oracle's stand-in serve the certificate."""
    key = rsa_key()
    covered = {name: value for name, value in envelope.items() if name not in UNSIGNED}
    covered["timestamp"] = datetime.now(timezone.utc).isoformat()
    text = json.dumps(covered, separators=(",", ":"), sort_keys=True).encode()
    made = base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    ons.content = pem(certificate(key))
    return covered | {"signature": made, "signingCertURL": CERTIFICATE_URL}


@contextlib.contextmanager
def served(name: str, command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """Start a server pinned to its core; yield it with the milliseconds until it first answered init."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    workers = [] if "echo" not in name else ["40"]
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT / "src")}
    begun = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", str(SERVER_CORE), *command, str(port), *workers],  # noqa: S607 - where it is differs
        env=environment,
        cwd=ROOT / "src",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        options = [("grpc.initial_reconnect_backoff_ms", 10), ("grpc.enable_http_proxy", 0)]
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        init = webhook_pb2_grpc.WebhookStub(channel).init
        init(webhook_pb2.WebhookInitRequest(), timeout=60, wait_for_ready=True)
        yield process, port, (time.perf_counter() - begun) * 1000
        channel.close()
    finally:
        process.kill()
        process.wait()


def measure(process: subprocess.Popen[bytes], port: int, file: Path, at_once: int, calls: int) -> Run:
    """Drive a server with so many calls at once on one connection; raise if one failed."""
    log = file.with_suffix(".log")
    log.unlink(missing_ok=True)
    url = f"http://127.0.0.1:{port}{PATH}"
    headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    pinned = ["taskset", "-c", str(CLIENT_CORE), "h2load", "-c", "1", "-m", str(at_once), "-d", str(file), *headers]
    subprocess.run([*pinned, "-n", "200", url], check=True, capture_output=True)  # warm
    before = ticks(process)
    begun = time.perf_counter()
    done = subprocess.run([*pinned, "-n", str(calls), "--log-file", str(log), url], check=True, capture_output=True, text=True)
    elapsed = time.perf_counter() - begun
    if f"{calls} succeeded" not in done.stdout:
        raise RuntimeError(done.stdout)
    rate = float(re.search(r"([\d.]+) req/s", done.stdout)[1])  # type: ignore[index]  # h2load prints it
    times = sorted(int(line.split("\t")[2]) / 1000 for line in log.read_text().splitlines())
    cpu = (ticks(process) - before) / TICK / calls * 1e6
    return Run(rate or calls / elapsed, statistics.median(times), times[int(len(times) * 0.99)], cpu)


def ticks(process: subprocess.Popen[bytes]) -> int:
    """Return the processor time of a server, user and system."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory(process: subprocess.Popen[bytes]) -> float:
    """Return the resident memory of a server in MB."""
    line = next(line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def summed_up(runs: dict[tuple[str, str, int], list[Run]], facts: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """Return medians, and medians of the ratios within each round."""
    rows = [
        {"server": name, "payload": kind, "at once": at_once}
        | {key: statistics.median(getattr(run, key) for run in found) for key in ("calls", "p50", "p99", "cpu")}
        for (name, kind, at_once), found in runs.items()
    ]
    servers = {name: {key: statistics.median(values) for key, values in found.items()} for name, found in facts.items()}

    def ratio(key: str, at_once: int, other: str, kind: str = "alarm") -> float:
        mine, theirs = runs["plugin", "alarm", at_once], runs[other, kind, at_once]
        return statistics.median(getattr(a, key) / getattr(b, key) for a, b in zip(mine, theirs, strict=True))

    ratios = {
        f"calls at {n} against {other}": ratio("calls", n, other)
        for n in AT_ONCE
        for other in ("bytes echo", "message echo", "stock", "stock, stock pins")
    }
    ratios |= {f"p99 at {n} against bytes echo": ratio("p99", n, "bytes echo") for n in AT_ONCE}
    ratios[f"p99 at 8 while {CONFIRMATIONS} confirmations hang, against none"] = 1 / ratio("p99", 8, "plugin", HANG)
    ratios[f"processor of {STREAMS} streams against one"] = 1 / ratio("cpu", 8, "plugin", f"{STREAMS} streams")
    return {"rows": rows, "servers": servers, "ratios": ratios}


def table(report: dict[str, Any], arguments: argparse.Namespace) -> str:
    """Return the report as a person reads it."""
    version = subprocess.run([arguments.python, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    lines = [f"{version} on {platform.machine()}, one core for the server, {arguments.rounds} rounds, medians", ""]
    lines.append(f"{'server':<20}{'payload':<18}{'at once':>8}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'µs CPU/call':>13}")
    for row in report["rows"]:
        place = f"{row['server']:<20}{row['payload']:<18}{row['at once']:>8}"
        lines.append(f"{place}{row['calls']:>9.0f}{row['p50']:>9.2f}{row['p99']:>9.2f}{row['cpu']:>13.0f}")
    lines += ["", f"{'server':<20}{'start-up ms':>12}{'memory MB':>11}"]
    lines += [f"{name:<20}{found['start']:>12.0f}{found['memory']:>11.0f}" for name, found in report["servers"].items()]
    lines += ["", "the plugin's ratios"]
    lines += [f"  {name:<52}{value:>8.2f}" for name, value in report["ratios"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
