"""What Oracle calls its event types: 3,396 of them, loaded when the first name is asked for.

The names are those of https://github.com/oracle/mcp (UPL 1.0, see NOTICE).
"""

from __future__ import annotations

import functools
from importlib import resources

PREFIX = "com.oraclecloud."


def name_of(event_type: str) -> str:
    """Return Oracle's name of a type, in any case ("Database - Automatic Backup End"), or ""."""
    return _names().get(event_type.lower().removeprefix(PREFIX), "")


@functools.lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    table = resources.files("plugin.ons.kind").joinpath("event_types.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t", 1) for line in table.splitlines())
