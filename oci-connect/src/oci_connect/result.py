"""The final JSON object or sentence of a command line, without dependencies."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from oci_connect.wrapping import hanging, printable

FORMAT = 1  # version of the JSON object; incremented by incompatible changes
LISTS = (
    "steps", "refusals", "warnings", "policies", "topics", "subscriptions", "deliveries",
    "rules", "alarms", "attached", "orphans", "audit", "findings", "problems",
)  # fmt: skip


def empty() -> dict[str, Any]:
    """Return the keys that each JSON object has, with nothing in them."""
    return {**{key: [] for key in LISTS}, "drift": {}}


def to_json(command: str, result: Mapping[str, Any], error: Mapping[str, Any] | None, exit_status: int) -> str:
    """Return the JSON object of a command line."""
    whole = {"format": FORMAT, "command": command, **result, "error": error, "exit_status": exit_status}
    return json.dumps(whole, default=str)


def refuse(command: str, text: str, exit_status: int, *, as_json: bool) -> int:
    """Print an error before the command runs; return its exit status."""
    if as_json:
        print(to_json(command, empty(), {"message": text}, exit_status), flush=True)
        return exit_status
    safe = printable(text)
    width = shutil.get_terminal_size().columns
    print(hanging(safe, width) if sys.stderr.isatty() else safe, file=sys.stderr)
    return exit_status
