"""Oracle's names of services and of 3,396 event types, loaded on first use.

The names of types are those of https://github.com/oracle/mcp (UPL 1.0, see NOTICE), the names of services those of
https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm.
"""

from __future__ import annotations

import functools
from importlib import resources

PREFIX = "com.oraclecloud."


def name_of(event_type: str) -> str:
    """Return Oracle's name of an event type ("Database - Automatic Backup End"), or ""; case does not matter."""
    return all_types().get(event_type.lower().removeprefix(PREFIX), "")


def service_of(word: str) -> str:
    """Return the name of a service by the third word of its types ("computeapi"), else the word with a capital letter."""
    return all_services().get(word, word.capitalize())


@functools.lru_cache(maxsize=1)
def all_types() -> dict[str, str]:
    """Return Oracle's types, without their prefix and in lower case, and their names."""
    return _read("event_types.tsv")


@functools.lru_cache(maxsize=1)
def all_services() -> dict[str, str]:
    """Return the words of Oracle's services in event types, and their names."""
    return _read("services.tsv")


def _read(file: str) -> dict[str, str]:
    table = resources.files("plugin.ons.kind").joinpath(file).read_text(encoding="utf-8")
    return dict(line.split("\t", 1) for line in table.splitlines())
