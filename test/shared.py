"""Fixtures of both products' tests: a served plugin, and a MongoDB. A conftest.py imports those that its tests take."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client import Client
from plugin_process import Served, serve
from standin.mongod import Databases
from standin.mongod import databases as mongod


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
