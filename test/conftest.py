"""What the tests share: a served plugin, a MongoDB, and the switch that writes goldens."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from client import Client
from plugin_process import Served, serve
from standin.mongod import Databases
from standin.mongod import databases as mongod


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the goldens that are missing or have changed")


def pytest_configure(config: pytest.Config) -> None:
    config.golden_changes = {}
    config.missing_database = ""
    # A shell starts a background job with SIGINT ignored, and all that the tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what --golden wrote, field by field: it is to be read as the person on call would."""
    if config.missing_database:
        terminalreporter.line(config.missing_database)
    for case, changes in config.golden_changes.items():
        terminalreporter.section(f"golden of {case}", sep="-")
        for line in changes:
            terminalreporter.line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("served") / "log") as plugin:
        yield plugin


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Databases]:
    with mongod(tmp_path_factory.mktemp("mongod")) as started:
        pytestconfig.missing_database = started.missing
        yield started


@pytest.fixture
def database(databases: Databases) -> str:
    """Return the URL of an empty database, or "" for mongomock."""
    return databases.new()


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    with Client(served.target) as client:
        yield client
