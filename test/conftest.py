"""What the tests of the plugin share: fixtures, and the switch that writes goldens."""

from __future__ import annotations

import signal

import pytest

from shared import client, database, databases, served  # noqa: F401 - fixtures


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
