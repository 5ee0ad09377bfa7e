"""Soak two plugins that share a Redis, while everything around them fails; count what was lost.

32 clients send all fixtures, spoiled ones, confirmations and signed envelopes through one round-robin channel. Meanwhile
Redis is killed and comes back, the stand-in for Oracle hangs or fails, clients cut their own calls, and SIGTERM ends one of
the two plugins, which is started again. A call is lost if it ends with neither events nor one of the plugin's own refusals
and its client did not cut it.
"""

from __future__ import annotations

import argparse
import collections
import copy
import itertools
import random
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from spaceone.api.monitoring.plugin import event_pb2, event_pb2_grpc

from answer import CASES, load
from client import as_struct
from conftest import Served, serve
from oracle import CERTIFICATE_URL, CONFIRMATION_URL, oracle, pem
from redis_server import redis_server
from spoil import PLAIN_VALUES, places
from test_signature import CERTIFICATE, flat, signed

CLIENTS = 32
# A round-robin client that watches health, as gRPC has it: it leaves a plugin that says NOT_SERVING before that one ends.
ROUND_ROBIN = """{
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "spaceone.api.monitoring.plugin.Event"}
}"""
BEHAVIOURS: tuple[object, ...] = (200, 200, "slow", 500, "reset", "drip", 204)
REDIS_EVERY, SIGTERM_EVERY, ORACLE_EVERY = 20.0, 30.0, 7.0  # seconds
CUT = 0.02  # of the calls


class Tally:
    """What became of the calls."""

    def __init__(self) -> None:
        self.answers: collections.Counter[str] = collections.Counter()
        self.times: list[float] = []
        self.lost: list[str] = []
        self.lock = threading.Lock()

    def add(self, kind: str, answer: str, seconds: float) -> None:
        with self.lock:
            self.answers[f"{kind}: {answer}"] += 1
            if kind in ("alarm", "spoiled") and answer in ("events", "silent"):
                self.times.append(seconds)

    def lose(self, kind: str, why: str) -> None:
        with self.lock:
            self.lost.append(f"{kind}: {why}")


def message(chance: random.Random, number: int) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return a kind, a message and options."""
    draw = chance.random()
    if draw < 0.02:
        return "confirmation", {"ConfirmationURL": CONFIRMATION_URL}, {}
    if draw < 0.15:
        url = CERTIFICATE_URL.replace("signing", f"signing-{number % 3}")
        return "signed", signed(flat()) | {"signingCertURL": url}, {"signature": "verify"}
    body = load(chance.choice(CASES))
    if draw < 0.5:
        spots = list(places(body)) or [()]
        *way, last = chance.choice(spots) or (None,)
        if last is not None:
            parent: Any = body
            for step in way:
                parent = parent[step]
            parent[last] = copy.deepcopy(chance.choice(PLAIN_VALUES))
        return "spoiled", body, {}
    return "alarm", body | ({"dedupeKey": f"k{number % 1000}"} if "dedupeKey" in body else {}), {}


def send(channel: grpc.Channel, tally: Tally, end: float, seed: int) -> None:
    """Send messages until the end; each call has 20 seconds."""
    chance, parse = random.Random(seed), event_pb2_grpc.EventStub(channel).parse
    for number in itertools.count():
        if time.monotonic() > end:
            return
        kind, body, options = message(chance, number)
        try:
            request = event_pb2.ParseRequest(data=as_struct(body), options=as_struct(options))
        except (ValueError, TypeError, DecodeError):
            continue  # what protobuf itself does not take
        begun = time.monotonic()
        call = parse.future(request, timeout=20)
        if chance.random() < CUT:
            time.sleep(chance.random() / 100)
            call.cancel()
            tally.add(kind, "cut by the client", 0)
            continue
        try:
            events = call.result().results
            tally.add(kind, "events" if events else "silent", time.monotonic() - begun)
        except grpc.RpcError as e:
            code, _, _ = (e.details() or "").partition(":")
            if code.startswith("ERROR_") and code != "ERROR_DEFECT":
                tally.add(kind, code, time.monotonic() - begun)
            else:
                tally.lose(kind, f"{e.code().name} {e.details()}")


def resources(plugin: Served) -> str:
    """Return memory, threads and open files of a plugin."""
    status = Path(f"/proc/{plugin.process.pid}/status").read_text(encoding="utf-8")
    found = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith(("VmRSS", "Threads"))}
    files = len(list(Path(f"/proc/{plugin.process.pid}/fd").iterdir()))
    return f"{int(found['VmRSS']) / 1000:.1f} MB, {found['Threads']} threads, {files} open files"


def main() -> int:
    """Return 1 if a call was lost."""
    parser = argparse.ArgumentParser(prog="bin/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=20)
    seconds = parser.parse_args().minutes * 60
    tally = Tally()
    with tempfile.TemporaryDirectory() as name, oracle(Path(name)) as ons, redis_server(Path(name)) as redis:
        ons.content = pem(CERTIFICATE)
        environment = {**ons.environment, "ONS_STATE_URL": redis.url, "ONS_LOG_LEVEL": "ERROR"}
        with serve(Path(name, "steady"), environment) as steady:
            plugins = {"steady": resources(steady)}
            ended = faults(tally, Path(name), environment, ons, redis, steady, seconds, plugins)
            plugins["steady, end"] = resources(steady)
    told = sum(tally.answers.values())
    print(f"{told} calls in {seconds:.0f} s, {told / seconds:.0f} a second, {len(tally.lost)} lost")
    for answer, count in sorted(tally.answers.items()):
        print(f"  {answer:<45}{count:>9}")
    times = sorted(tally.times)
    print(f"alarms: p50 {statistics.median(times) * 1000:.1f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms")
    print(f"plugins ended by SIGTERM: {len(ended)}, with status {sorted(set(ended))}")
    for when, what in plugins.items():
        print(f"  {when:<20}{what}")
    for lost, count in collections.Counter(tally.lost).most_common(20):
        print(f"LOST {count} x {lost}")
    return int(bool(tally.lost) or set(ended) > {0})


def faults(
    tally: Tally,
    folder: Path,
    environment: dict[str, str],
    ons: Any,
    redis: Any,
    steady: Served,
    seconds: float,
    told: dict[str, str],
) -> list[int]:
    """Let clients send while Redis, Oracle and one plugin come and go; return the statuses that plugin ended with."""
    statuses, begun = [], time.monotonic()
    end = begun + seconds
    with serve(folder / "other", environment) as first:
        port, other = first.port, first.process
        target = f"ipv4:127.0.0.1:{steady.port},127.0.0.1:{port}"
        options = [("grpc.service_config", ROUND_ROBIN), ("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 500)]
        channels = [grpc.insecure_channel(target, options=[*options, ("grpc.channel_id", i)]) for i in range(CLIENTS)]
        threads = [threading.Thread(target=send, args=(channel, tally, end, i)) for i, channel in enumerate(channels)]
        for thread in threads:
            thread.start()
        behaviours, redis_up = itertools.cycle(BEHAVIOURS), True
        due = {"redis": begun + REDIS_EVERY, "sigterm": begun + SIGTERM_EVERY, "oracle": begun, "look": begun + 60}
        while time.monotonic() < end:
            now = time.monotonic()
            if now > due["oracle"]:
                ons.behaviour, due["oracle"] = next(behaviours), now + ORACLE_EVERY
            if now > due["redis"]:
                (redis.kill if redis_up else redis.start)()
                redis_up, due["redis"] = not redis_up, now + REDIS_EVERY
            if now > due["look"]:
                told.setdefault("steady, 1 minute", resources(steady))
            if now > due["sigterm"] and end - now > 15:
                other.send_signal(signal.SIGTERM)
                statuses.append(other.wait(15))
                with serve(folder / "other", environment, port=port, keep=True) as again:
                    other = again.process
                due["sigterm"] = time.monotonic() + SIGTERM_EVERY
            time.sleep(0.1)
        for thread in threads:
            thread.join(30)
        for channel in channels:
            channel.close()
        if not redis_up:
            redis.start()
        other.kill()
        other.wait()
    return statuses


if __name__ == "__main__":
    raise SystemExit(main())
