"""One monitoring service for all tests, and for each test a webhook without options, nothing stored and no notification."""

import pytest

from monitoring import monitoring
from plugin_process import UNSPACED, serve


@pytest.fixture(scope="session")
def unspaced(tmp_path_factory):
    """A plugin that answers at once: these tests let hours pass in which it would keep an alarm's events apart."""
    with serve(tmp_path_factory.mktemp("unspaced") / "log", command=UNSPACED) as plugin:
        yield plugin


@pytest.fixture(scope="session")
def service(unspaced, databases):
    with monitoring(unspaced.target, "--upgraded", "1.0", database=databases.new()) as platform:
        yield platform


@pytest.fixture
def platform(service):
    service.url = service.webhook(options={})
    service.clear()
    return service
