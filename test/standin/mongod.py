"""A real MongoDB on a loopback port, with a database for each of SpaceONE's services that a test starts."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_process import ENVIRONMENTS, free_port

PROGRAM = "platform/lib/python3*/site-packages/fiftyone/db/bin/mongod"  # in the environment of SpaceONE's services
READY = b"Waiting for connections"
START_TIMEOUT = 30


class Databases:
    """Call `new()` for the URL of a new database; it is "", for mongomock, where mongod does not run: `missing` says why."""

    def __init__(self, server: str, missing: str = "") -> None:
        self._server, self.missing = server, missing
        self._numbers = itertools.count(1)

    def new(self) -> str:
        """Return the URL of an empty database."""
        return f"{self._server}/test{next(self._numbers)}" if self._server else ""


@contextmanager
def databases(folder: Path) -> Iterator[Databases]:
    """Start mongod with its files in a folder."""
    program = next(ENVIRONMENTS.glob(PROGRAM), None)
    if not program:
        yield Databases("", _missing("it is installed on Linux on x86-64 alone"))
        return
    log, data, port = folder / "mongod.log", folder / "mongod", free_port()
    data.mkdir()
    command = [str(program), "--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(data), "--nounixsocket"]
    command += ["--nojournal", "--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false"]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            serves = _wait(process, log)
            yield Databases(f"mongodb://127.0.0.1:{port}") if serves else Databases("", _missing(_last_line(log)))
        finally:
            process.kill()


def _wait(process: subprocess.Popen[bytes], log: Path) -> bool:
    """Return True once it serves, False if it ended, as where its libraries are missing."""
    end = time.monotonic() + START_TIMEOUT
    while process.poll() is None:
        if READY in log.read_bytes():
            return True
        if time.monotonic() > end:
            raise AssertionError(f"mongod does not serve:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.05)
    return False


def _missing(reason: str) -> str:
    return f"SpaceONE's database is mongomock here, because mongod does not run: {reason}"


def _last_line(log: Path) -> str:
    return (log.read_text(encoding="utf-8").splitlines() or ["it printed nothing"])[-1][:200]
