"""What the tests share: a served plugin, and the switch that writes missing goldens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client import Client
from standin.plugin_process import ROOT, SPACEONE, Served, free_port, serve

__all__ = ["ROOT", "SPACEONE", "Served", "free_port", "serve"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden of each fixture that has none")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("served") / "log") as plugin:
        yield plugin


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.target) as client:
        yield client
