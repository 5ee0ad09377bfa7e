"""Soak test: two plugins share a Redis, while everything around them fails; count lost calls.

32 clients of two tenants send fixtures, mutated fixtures, batches of 400 records, confirmations and signed envelopes through
one round-robin channel, some compressed. Meanwhile Redis is killed, restarted, paused and resumed, the first plugin's log is
not read, 60 half-open calls are made to it, the stand-in for Oracle hangs or fails, clients cancel calls, and the second plugin
is restarted by SIGTERM. A call is lost if it was not cancelled and ends with neither events nor a refusal of the plugin.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import itertools
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corpus.signing import CERTIFICATE
from plugin_process import UNSPACED, Served, serve
from prove.soak_clients import Tally, clients
from standin.certificates import pem
from standin.half_open import half_open
from standin.oracle import Behaviour, Oracle, oracle
from standin.redis_server import RedisServer, redis_server

BEHAVIOURS: tuple[Behaviour, ...] = (200, 200, "slow", 500, "reset", "drip", 204)
REDIS_EVERY, SIGTERM_EVERY, ORACLE_EVERY = 20.0, 30.0, 7.0  # seconds
LAST_SIGTERM = 15.0  # seconds before the end
MAX_SHUTDOWN = 15.0  # seconds
PARSE = "/spaceone.api.monitoring.plugin.Event/parse"
HALF_OPEN, HALF_OPEN_EVERY = 60, 20.0  # calls, seconds


@dataclass
class Surroundings:
    """The services around the plugins, and the second plugin, which is restarted."""

    folder: Path
    environment: dict[str, str]
    ons: Oracle
    redis: RedisServer
    restarted: Served
    statuses: list[int] = field(default_factory=list)  # with which the second plugin ended

    def __post_init__(self) -> None:
        redis = self.redis
        self.redis_changes = itertools.cycle((redis.kill, redis.start, redis.silence, redis.wake))

    def change_redis(self) -> None:
        """Kill, start, pause or resume Redis, in turn."""
        next(self.redis_changes)()

    def restart(self) -> None:
        """Restart the second plugin by SIGTERM, on the same port."""
        self.restarted.process.send_signal(signal.SIGTERM)
        self.statuses.append(self.restarted.process.wait(MAX_SHUTDOWN))
        with serve(self.folder / "other", self.environment, port=self.restarted.port, keep=True, command=UNSPACED) as again:
            self.restarted = again


def main() -> int:
    """Return 1 if a call was lost, or if a plugin ended with a status other than 0."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bin/soak", description=__doc__, formatter_class=raw)
    parser.add_argument("minutes", nargs="?", type=float, default=20)
    seconds = parser.parse_args().minutes * 60
    tally = Tally()
    with contextlib.ExitStack() as stack:
        around = stack.enter_context(surroundings(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        unread = stack.enter_context(unread_pipe())
        environment = {**around.environment, "ONS_LOG_LEVEL": "INFO"}
        steady = stack.enter_context(serve(around.folder / "steady", environment, output=unread, command=UNSPACED))
        used = {"steady": resources(steady)}
        end = time.monotonic() + seconds
        with clients(f"{steady.target},{around.restarted.target}", tally, end):
            used |= break_things(around, steady, end)
        used["steady, end"] = resources(steady)
    print_report(tally, seconds, around.statuses, used)
    return int(bool(tally.lost) or set(around.statuses) > {0})


@contextlib.contextmanager
def surroundings(folder: Path) -> Iterator[Surroundings]:
    """Start Oracle's stand-in, Redis, and the plugin that is restarted."""
    with oracle(folder) as ons, redis_server(folder) as redis:
        ons.content = pem(CERTIFICATE)
        environment = {**ons.environment, "ONS_STATE_URL": redis.url, "ONS_LOG_LEVEL": "ERROR"}
        with serve(folder / "other", environment, keep=True, command=UNSPACED) as other:
            around = Surroundings(folder, environment, ons, redis, other)
        try:
            yield around
        finally:
            around.restarted.process.kill()
            around.restarted.process.wait()


@contextlib.contextmanager
def unread_pipe() -> Iterator[int]:
    """Yield the write end of a pipe that is not read."""
    reader, writer = os.pipe()
    try:
        yield writer
    finally:
        os.close(reader)
        os.close(writer)


def break_things(around: Surroundings, steady: Served, end: float) -> dict[str, str]:
    """Let Redis, Oracle and one plugin fail repeatedly; return the resources of the other after a minute."""
    used: dict[str, str] = {}
    behaviours = itertools.cycle(BEHAVIOURS)
    begun = time.monotonic()
    due = {"redis": begun + REDIS_EVERY, "sigterm": begun + SIGTERM_EVERY, "oracle": begun, "half open": begun}
    unfinished = contextlib.ExitStack()
    while (now := time.monotonic()) < end:
        if now > due["oracle"]:
            around.ons.behaviour, due["oracle"] = next(behaviours), now + ORACLE_EVERY
        if now > due["redis"]:
            around.change_redis()
            due["redis"] = now + REDIS_EVERY
        if now > due["half open"]:
            unfinished.close()
            unfinished.enter_context(half_open(steady.target, PARSE, HALF_OPEN))
            due["half open"] = now + HALF_OPEN_EVERY
        if now > due["sigterm"] and end - now > LAST_SIGTERM:
            around.restart()
            due["sigterm"] = time.monotonic() + SIGTERM_EVERY
        if now > begun + 60 and not used:
            used["steady, 1 minute"] = resources(steady)
        time.sleep(0.1)
    unfinished.close()
    return used


def resources(plugin: Served) -> str:
    """Return memory, threads and open files of a plugin."""
    status = Path(f"/proc/{plugin.process.pid}/status").read_text(encoding="utf-8")
    values = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith(("VmRSS", "Threads"))}
    files = len(list(Path(f"/proc/{plugin.process.pid}/fd").iterdir()))
    return f"{int(values['VmRSS']) / 1000:.1f} MB, {values['Threads']} threads, {files} open files"


def print_report(tally: Tally, seconds: float, statuses: list[int], used: dict[str, str]) -> None:
    """Print the answers, and the resources of the steady plugin."""
    calls = sum(tally.answers.values())
    print(f"{calls} calls in {seconds:.0f} s, {calls / seconds:.0f} a second, {len(tally.lost)} lost")
    for answer, count in sorted(tally.answers.items()):
        print(f"  {answer:<45}{count:>9}")
    times = sorted(tally.times)
    print(f"alarms: p50 {statistics.median(times) * 1000:.1f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms")
    print(f"plugins ended by SIGTERM: {len(statuses)}, with status {sorted(set(statuses))}")
    for moment, figures in used.items():
        print(f"  {moment:<20}{figures}")
    for lost, count in collections.Counter(tally.lost).most_common(20):
        print(f"LOST {count} x {lost}")


if __name__ == "__main__":
    raise SystemExit(main())
