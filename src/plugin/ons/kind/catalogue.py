"""Oracle's names of 3,396 event types, loaded on first use.

The names are those of https://github.com/oracle/mcp (UPL 1.0, see NOTICE).
"""

from __future__ import annotations

import functools
from importlib import resources

PREFIX = "com.oraclecloud."


def name_of(event_type: str) -> str:
    """Return Oracle's name of an event type ("Database - Automatic Backup End"), or ""; case does not matter."""
    return all_types().get(event_type.lower().removeprefix(PREFIX), "")


@functools.lru_cache(maxsize=1)
def all_types() -> dict[str, str]:
    """Return Oracle's types, without their prefix and in lower case, and their names."""
    table = resources.files("plugin.ons.kind").joinpath("event_types.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t", 1) for line in table.splitlines())
