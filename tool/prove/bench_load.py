"""The load of the benchmark: servers pinned to one core, h2load on the other."""

from __future__ import annotations

import contextlib
import copy
import os
import re
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
from google.protobuf.message import Message
from spaceone.api.monitoring.plugin import event_pb2, webhook_pb2, webhook_pb2_grpc

from client import as_struct, read_message
from corpus.cases import FIXTURES
from corpus.signing import signed
from plugin.ons.check.signature import UNSIGNED
from plugin_process import ROOT, free_port

ALARM = FIXTURES / "alarm/autonomous_database.json"
ENVELOPE = FIXTURES / "alarm_specification/firing_in_envelope.json"
PARSE = "/spaceone.api.monitoring.plugin.Event/parse"
STREAMS = 50
ECHO_THREADS = "40"  # as many as the plugin has
SERVER_CORE, CLIENT_CORE = "0", "1"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """The result of one server under one load."""

    calls: float  # a second
    p50: float  # milliseconds
    p99: float  # milliseconds
    cpu: float  # microseconds a call


@dataclass(frozen=True)
class Server:
    """A running server; `start_up` is the time until its first answer to init, in milliseconds."""

    process: subprocess.Popen[bytes]
    port: int
    start_up: float

    @property
    def target(self) -> str:
        """The address for a gRPC channel."""
        return f"127.0.0.1:{self.port}"

    def memory(self) -> float:
        """Return the resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1000

    def rest(self, seconds: float) -> tuple[float, int]:
        """Sleep; return the server's CPU time in milliseconds and its wake-ups meanwhile."""
        before = self._scheduled()
        time.sleep(seconds)
        after = self._scheduled()
        return (after[0] - before[0]) / 1e6, after[1] - before[1]

    def _scheduled(self) -> tuple[int, int]:
        """Return nanoseconds on a CPU and time slices, of all threads: https://docs.kernel.org/scheduler/sched-stats.html"""
        threads = [file.read_text().split() for file in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")]
        return sum(int(thread[0]) for thread in threads), sum(int(thread[2]) for thread in threads)

    def ticks(self) -> int:
        """Return the CPU time so far, user and system, in clock ticks."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


def write_payloads(folder: Path) -> dict[str, Path]:
    """Write the requests as gRPC frames: the alarm, the same with 50 streams, an envelope, and that envelope signed."""
    alarm, envelope = read_message(str(ALARM)), read_message(str(ENVELOPE))
    streams = copy.deepcopy(alarm)
    meta = streams["alarmMetaData"][0]
    meta["dimensions"] = [meta["dimensions"][0] | {"resourceName": f"db-{i}"} for i in range(STREAMS)]
    meta["metricValues"] *= STREAMS
    unsigned = {key: value for key, value in envelope.items() if key not in UNSIGNED}
    unsigned["timestamp"] = datetime.now(UTC).isoformat()
    required = as_struct({"signature": "require"})
    requests = {
        "alarm": event_pb2.ParseRequest(data=as_struct(alarm)),
        f"{STREAMS} streams": event_pb2.ParseRequest(data=as_struct(streams)),
        "envelope": event_pb2.ParseRequest(data=as_struct(envelope)),
        "signed envelope": event_pb2.ParseRequest(data=as_struct(signed(unsigned, order=sorted(unsigned))), options=required),
    }
    return {payload: _write_frame(folder / payload.replace(" ", "-"), request) for payload, request in requests.items()}


@contextlib.contextmanager
def start(name: str, command: list[str], environment: Mapping[str, str], source: Path) -> Iterator[Server]:
    """Start a pinned server with the plugin of a `src`, and yield it after it has answered init."""
    port = free_port()
    arguments = [str(port), ECHO_THREADS] if "echo" in name else [str(port)] if "stock" in name else []
    begun = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, *command, *arguments],  # noqa: S607 - its path differs
        env={**os.environ, **environment, "PYTHONPATH": str(source), "SPACEONE_PORT": str(port)},
        cwd=source,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_port(process, port)  # gRPC's own back-off would round the start-up time up to the next of its steps
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
            init = webhook_pb2_grpc.WebhookStub(channel).init
            init(webhook_pb2.WebhookInitRequest(), timeout=60, wait_for_ready=True)
            yield Server(process, port, (time.perf_counter() - begun) * 1000)
    finally:
        process.kill()
        process.wait()


def _wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    """Return once the process listens; raise RuntimeError if it ended."""
    while process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.002)
    raise RuntimeError(f"the server ended with {process.returncode}")


def drive(server: Server, payload: Path, concurrency: int, calls: int) -> Run:
    """Drive a server with concurrent calls on one connection; raise RuntimeError if one failed."""
    log = payload.with_suffix(".log")
    log.unlink(missing_ok=True)
    url = f"http://{server.target}{PARSE}"
    headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
    h2load = ["taskset", "-c", CLIENT_CORE, "h2load", "-c", "1", "-m", str(concurrency), "-d", str(payload), *headers]
    subprocess.run([*h2load, "-n", "200", url], check=True, capture_output=True)  # warms the server up
    ticks, begun = server.ticks(), time.perf_counter()
    counted = [*h2load, "-n", str(calls), "--log-file", str(log), url]
    output = subprocess.run(counted, check=True, capture_output=True, text=True).stdout
    elapsed = time.perf_counter() - begun
    rate = re.search(r"([\d.]+) req/s", output)
    if f"{calls} succeeded" not in output or not rate:
        raise RuntimeError(output)
    times = sorted(int(line.split("\t")[2]) / 1000 for line in log.read_text(encoding="utf-8").splitlines())
    cpu = (server.ticks() - ticks) / TICKS_A_SECOND / calls * 1e6
    return Run(float(rate[1]) or calls / elapsed, statistics.median(times), times[int(len(times) * 0.99)], cpu)


def drive_relay(python: str, servers: str, folder: Path, messages: int) -> dict[str, float]:
    """Start a relay before a stand-in for SpaceONE, send it messages, and return its memory before and after in MB."""
    ports = {"RELAY_PORT": str(free_port()), "RELAY_STATUS_PORT": str(free_port())}
    upstream = free_port()
    environment = {**os.environ, **ports, "SPACEONE_WEBHOOK_URL": f"http://127.0.0.1:{upstream}/", "NO_PROXY": "127.0.0.1"}
    message = folder / "message.json"
    message.write_bytes(ALARM.read_bytes())
    commands = ([python, servers, "rest", str(upstream)], [python, "-m", "plugin.relay"])
    environment["PYTHONPATH"] = str(ROOT / "src")
    rest, relay = (subprocess.Popen(each, env=environment, stderr=subprocess.DEVNULL) for each in commands)
    try:
        for port in (str(upstream), *ports.values()):
            _await_port(int(port))
        server = Server(relay, int(ports["RELAY_PORT"]), 0.0)
        fresh = server.memory()
        url = f"http://{server.target}/webhook/oci"
        h2load = ["h2load", "--h1", "-c", "8", "-n", str(messages), "-d", str(message), "-H", "content-type: application/json"]
        output = subprocess.run([*h2load, url], check=True, capture_output=True, text=True).stdout
        if f"{messages} 2xx" not in output:
            raise RuntimeError(output)
        return {"fresh": fresh, "aged": server.memory()}
    finally:
        for process in (relay, rest):
            process.kill()
            process.wait()


def _await_port(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing serves on port {port}")


def _write_frame(file: Path, request: Message) -> Path:
    body = request.SerializeToString()
    file.write_bytes(b"\0" + len(body).to_bytes(4, "big") + body)
    return file
