"""The served parts, started once."""

import pytest

from simulation.served import services


@pytest.fixture(scope="session")
def parts(tmp_path_factory, databases):
    with services(tmp_path_factory.mktemp("simulation"), databases.new()) as started:
        yield started
