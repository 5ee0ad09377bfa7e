"""Run the plugin in a process, as SpaceONE does."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from client import Client

PORTS = range(20_000, 32_000)
ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = Path(sys.prefix).parent  # bin/setup.sh makes them beside each other
COMMAND = (sys.executable, "-m", "plugin")  # as the image starts it
# The same without the spacing between events of one alarm, for load and simulations.
WITHOUT_SPACING = "from plugin.connector import local_memory; local_memory.ANSWER_SPACING = 0.0; "
UNSPACED = (sys.executable, "-c", WITHOUT_SPACING + "from plugin import app; app.run()")
FRAMEWORKS_ARGUMENTS = ("run", "plugin-server", "plugin")
FRAMEWORKS_COMMAND = (str(Path(sys.executable).with_name("spaceone")), *FRAMEWORKS_ARGUMENTS)


def free_port() -> int:
    """Return a free TCP port on loopback, outside of the ephemeral range."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@dataclass
class Served:
    """A running plugin; `log` is the file of its output."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def target(self) -> str:
        """The address for a gRPC channel."""
        return f"127.0.0.1:{self.port}"

    def logged(self) -> str:
        """Return everything the plugin has printed so far."""
        time.sleep(0.05)
        return self.log.read_text(encoding="utf-8")


@contextmanager
def serve(
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    port: int = 0,
    keep: bool = False,
    output: int | None = None,
    command: Sequence[str] = COMMAND,
) -> Iterator[Served]:
    """Serve the plugin on a loopback port (default: a free one); yield it once its health check answers SERVING.

    With `keep` the process outlives the context, and the caller ends it. `output` is a file descriptor for all that it prints,
    instead of the file `log`.
    """
    port = port or free_port()
    environment = {**os.environ, "SPACEONE_PORT": str(port), **(environment or {})}
    with log.open("wb") as file:
        printed = file.fileno() if output is None else output
        process = subprocess.Popen(command, cwd=ROOT / "src", env=environment, stdout=printed, stderr=subprocess.STDOUT)
    healthy = False
    try:
        with Client(f"127.0.0.1:{port}") as client:
            if not client.wait():
                raise AssertionError(f"the plugin does not serve:\n{log.read_text(encoding='utf-8')}")
        healthy = True
        yield Served(process, port, log)
    finally:
        if not (keep and healthy):
            process.kill()  # graceful shutdown is tested elsewhere
            process.wait(15)
