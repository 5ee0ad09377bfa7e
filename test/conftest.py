"""What the tests share: a served plugin, and the switch that writes missing goldens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from client import Client

SPACEONE = Path(sys.executable).with_name("spaceone")
ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden of each fixture that has none")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@dataclass
class Served:
    """A plugin in a process of its own."""

    process: subprocess.Popen
    port: int
    log: Path

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextmanager
def serve(log: Path, environment: dict[str, str] | None = None, *, port: int = 0, keep: bool = False) -> Iterator[Served]:
    """Serve the plugin as SpaceONE starts it, on a free loopback port; all it prints goes into the log.

    With `keep` it outlives the context: the caller ends it.
    """
    port = port or free_port()
    command = [SPACEONE, "run", "plugin-server", "plugin", "-p", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT / "src", env={**os.environ, **(environment or {})}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        with Client(f"127.0.0.1:{port}") as client:
            assert client.wait(), log.read_text(encoding="utf-8")
        yield Served(process, port, log)
    finally:
        if not keep:
            process.kill()  # its orderly end is tested where it matters
            process.wait(15)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("served") / "log") as plugin:
        yield plugin


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.target) as client:
        yield client
