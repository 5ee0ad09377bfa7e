"""One monitoring service for all tests, and for each test a webhook without options, nothing stored and no notification."""

import pytest

from monitoring import monitoring


@pytest.fixture(scope="session")
def service(served, databases):
    with monitoring(served.target, "--upgraded", "1.0", database=databases.new()) as platform:
        yield platform


@pytest.fixture
def platform(service):
    service.url = service.webhook(options={})
    service.clear()
    return service
