"""The served parts, started once."""

import pytest

from simulation.served import services


@pytest.fixture(scope="session")
def parts(tmp_path_factory):
    with services(tmp_path_factory.mktemp("simulation")) as started:
        yield started
