"""Print for a person what the plugin answers."""

from __future__ import annotations

import argparse
import sys
import textwrap
from typing import Any

import grpc

from client import Answer, as_struct, json_object
from plugin.model.event import IgnoredReason

COLOURS = {"ALERT": "31", "RECOVERY": "32", "REFUSED": "33", "IGNORED": "2", "CONFIRMED": "32"}  # of a terminal
INDENT = 30
WRAPPER = textwrap.TextWrapper(96, break_on_hyphens=False, break_long_words=False)  # a link stays whole
PLAIN = ("severity", "title", "description", "occurred_at", "event_key", "rule", "account", "provider")
REASONS = {
    IgnoredReason.NO_STATE_CHANGE.value: "it is neither a firing nor a recovery; ignored on purpose, which is normal",
    IgnoredReason.OCI_EVENTS_IGNORED.value: "the option oci_events is ignore",
    IgnoredReason.OLDER_THAN_RECOVERY.value: "it is older than a recovery of the same alarm, which the plugin has seen",
    IgnoredReason.OLDER_THAN_ALERT.value: "it is older than a later firing of the same alarm, which the plugin has seen",
    "": "the plugin does not say why",  # one of an earlier version
}


def print_answer(answer: Answer) -> None:
    """Print the events of a message, or why there are none."""
    for event in answer.events:
        _print(event["event_type"], _rows(event))
    if answer.events:
        return
    if answer.why_empty == "confirmed":
        _print("CONFIRMED", [("", "the plugin has confirmed the subscription")])
        return
    for reason in answer.why_empty.split(","):
        _print("IGNORED", [(reason, REASONS.get(reason, ""))])


def print_refusal(text: str) -> None:
    """Print why a message or a call came to nothing."""
    _print("REFUSED", [("", text)])


def print_values(values: dict[str, Any], indent: int = 2) -> None:
    """Print an object of texts, lists and objects, a line for each text."""
    for name, value in sorted(values.items()):
        if isinstance(value, dict):
            print(f"{' ' * indent}{name}")
            print_values(value, indent + 2)
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else f"{value:g}" if _is_float(value) else str(value)
            print(f"{' ' * indent}{name:<{INDENT - indent}} {text}")


def refusal(error: grpc.RpcError, target: str) -> str:
    """Return the plugin's own words for a refusal, or that no plugin answers."""
    text = str(error.details())
    if text.startswith("ERROR_"):
        return text
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return f"no plugin answers at {target}: bin/run starts one, --to names another address"
    return f"{error.code().name}: {text}"


def unreadable(error: OSError | ValueError) -> str:
    """Return why a file holds no message that can be sent."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def options(text: str) -> dict[str, Any]:
    """Return the webhook's options of a command line; argparse prints the sentence if they cannot be sent."""
    try:
        content = json_object(text)
        as_struct(content)
    except ValueError as e:
        raise argparse.ArgumentTypeError(str(e)) from e
    return content


def _is_float(value: Any) -> bool:
    return isinstance(value, float) and abs(value) < 1e6


def _rows(event: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [(key, event.get(key, "")) for key in PLAIN]
    rows.append(("resources", ", ".join(event.get("resources", []))))
    for key in ("resource", "additional_info"):
        rows += [(f"{key}", " ")] if event.get(key) else []
        rows += [(f"  {name}", value) for name, value in sorted(event.get(key, {}).items())]
    return rows


def _print(state: str, rows: list[tuple[str, str]]) -> None:
    print(f"  \033[1;{COLOURS[state]}m{state}\033[0m" if sys.stdout.isatty() else f"  {state}")
    for key, value in rows:
        lines = [piece for line in value.splitlines() for piece in WRAPPER.wrap(line) or [""]]
        for i, line in enumerate(lines):
            print(f"    {'' if i else key:<{INDENT}} {line}".rstrip())
    sys.stdout.flush()
