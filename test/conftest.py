"""What the tests of the plugin share: fixtures, and the switch that writes goldens."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from shared import client, database, databases, served  # noqa: F401 - fixtures

CHECKS = [HealthCheck.too_slow, HealthCheck.large_base_example]
settings.register_profile("whole", max_examples=60, deadline=None, suppress_health_check=CHECKS)
settings.register_profile("fast", settings.get_profile("whole"), max_examples=15)
settings.load_profile("whole")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the goldens that are missing or have changed")


def pytest_configure(config: pytest.Config) -> None:
    config.golden_changes = {}
    config.missing_database = ""
    # A shell starts a background job with SIGINT ignored, and all that the tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that prints what a process that runs tests has found."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["missing_database"] = session.config.missing_database


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.missing_database = node.config.missing_database or node.workeroutput["missing_database"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what --golden wrote, field by field: it is to be read as the person on call would."""
    if config.missing_database:
        terminalreporter.line(config.missing_database)
    for case, changes in config.golden_changes.items():
        terminalreporter.section(f"golden of {case}", sep="-")
        for line in changes:
            terminalreporter.line(line)
