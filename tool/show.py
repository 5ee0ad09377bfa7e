"""Print the plugin's answers for people."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
import unicodedata
from typing import Any

import grpc

from client import Answer, as_struct, json_object
from plugin.model.event import IgnoredReason

COLOURS = {
    "ALERT": "31",
    "RECOVERY": "32",
    "REFUSED": "33",
    "NOT SENT": "33",
    "IGNORED": "2",
    "CONFIRMED": "32",
}  # of a terminal
INDENT = 30
DEFAULT_WIDTH = 131  # cells, where the output is no terminal
MIN_WIDTH = 40
FOLDED_LINES = 5  # of a description, as SpaceONE's console folds it
PLAIN = ("severity", "title", "description", "occurred_at", "event_key", "rule", "account", "provider")
REASONS = {
    IgnoredReason.NO_STATE_CHANGE.value: "it is neither a firing nor a recovery; ignored on purpose, which is normal",
    IgnoredReason.OCI_EVENTS_IGNORED.value: "the option oci_events is ignore, or trouble where this is none",
    IgnoredReason.METRIC_DATA.value: "it is metric data, and data is no alarm",
    IgnoredReason.OLDER_THAN_RECOVERY.value: "it is older than a recovery of the same alarm, which the plugin has seen",
    IgnoredReason.OLDER_THAN_ALERT.value: "it is older than a later firing of the same alarm, which the plugin has seen",
    "": "the plugin does not say why",  # one of an earlier version
}
FILE_ERRORS: dict[type[OSError], str] = {
    FileNotFoundError: "there is no such file",
    IsADirectoryError: "this is a directory, not a file",
    PermissionError: "this user may not read the file",
}


PADDING = "\0"


class TerminalWrapper(textwrap.TextWrapper):
    """Wrap lines by terminal cells, of which a Korean letter takes two; links are not split."""

    def __init__(self, width: int) -> None:
        super().__init__(width, break_long_words=False, break_on_hyphens=False)

    def wrap(self, text: str) -> list[str]:
        """Return the lines. Wide letters are padded to two characters before wrapping."""
        padded = "".join(letter + PADDING * (cells(letter) - 1) for letter in text)
        return [line.replace(PADDING, "") for line in super().wrap(padded)]


def cells(letter: str) -> int:
    """Return how many cells of a terminal a letter takes."""
    return 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})


def print_answer(answer: Answer, *, verbose: bool = True) -> None:
    """Print the events of a message, or why there are none."""
    for event in answer.events:
        if verbose:
            _print(event["event_type"], _rows(event))
        else:
            _print_summary(event)
    if answer.events:
        return
    if answer.why_empty == "confirmed":
        _print("CONFIRMED", [("", "the plugin has confirmed the subscription")])
        return
    for reason in answer.why_empty.split(","):
        _print("IGNORED", [(reason, REASONS.get(reason, ""))])


def print_error(error: grpc.RpcError | OSError | ValueError, target: str) -> None:
    """Print why a message or a call failed: refused by the plugin, or not sent."""
    _print("REFUSED" if was_refused(error) else "NOT SENT", [("", explain(error, target))])


def print_values(values: dict[str, Any], indent: int = 2) -> None:
    """Print an object of texts, lists and objects, a line for each text."""
    for name, value in sorted(values.items()):
        if isinstance(value, dict):
            print(f"{' ' * indent}{name}")
            print_values(value, indent + 2)
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else f"{value:g}" if _is_float(value) else str(value)
            print(f"{' ' * indent}{name:<{INDENT - indent}} {text}")


def was_refused(error: Exception) -> bool:
    """Return whether the plugin itself answered with an error."""
    return _is_named(error) or (isinstance(error, grpc.RpcError) and error.code() is not grpc.StatusCode.UNAVAILABLE)


def explain(error: grpc.RpcError | OSError | ValueError, target: str) -> str:
    """Return the text of an error: the plugin's refusal, an unreachable plugin, or a bad file."""
    if isinstance(error, grpc.RpcError):
        if _is_named(error):
            return str(error.details())
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            return f"no plugin answers at {target}: bin/run starts one, --to names another address"
        return f"{error.code().name}: {error.details()}"
    if isinstance(error, OSError):
        return FILE_ERRORS.get(type(error)) or error.strerror or str(error)
    return str(error)


def options(text: str) -> dict[str, Any]:
    """Return the webhook's options of a command line; argparse prints the sentence if they cannot be sent."""
    try:
        content = json_object(text)
        as_struct(content)
    except ValueError as e:
        raise argparse.ArgumentTypeError(str(e)) from e
    return content


def port(text: str) -> int:
    """Return the port of a command line; argparse prints the sentence if it is none."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port from 1 to 65535 is expected")
    return int(text)


def exit_quietly() -> int:
    """Return the exit status after a closed pipe, as by `| head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit does not fail
    return 0


def _is_named(error: Exception) -> bool:
    return isinstance(error, grpc.RpcError) and str(error.details()).startswith("ERROR_")


def _is_float(value: Any) -> bool:
    return isinstance(value, float) and abs(value) < 1e6


def _width() -> int:
    return max(shutil.get_terminal_size((DEFAULT_WIDTH, 0)).columns, MIN_WIDTH)


def _wrap(text: str, width: int) -> list[str]:
    folding = TerminalWrapper(width)
    return [piece for line in text.splitlines() for piece in folding.wrap(line) or [""]]


def _print_summary(event: dict[str, Any]) -> None:
    """Print the summary of an alert: state, severity, title and folded description."""
    width = _width() - 4
    first, *others = _wrap(f"{event['severity']}  {event['title']}", width - len(event["event_type"]) - 2)
    print(f"  {_coloured(event['event_type'])}  {first}")
    lines = others + _wrap(event["description"], width)[:FOLDED_LINES]
    lines += _wrap(", ".join(filter(None, [event.get("resource", {}).get("name"), event.get("occurred_at")])), width)
    print("".join(f"    {line}\n" for line in lines), end="", flush=True)


def _rows(event: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [(key, event.get(key, "")) for key in PLAIN]
    rows.append(("resources", ", ".join(event.get("resources", []))))
    for key in ("resource", "additional_info"):
        rows += [(f"{key}", " ")] if event.get(key) else []
        rows += [(f"  {name}", value) for name, value in sorted(event.get(key, {}).items())]
    return rows


def _print(state: str, rows: list[tuple[str, str]]) -> None:
    print(f"  {_coloured(state)}")
    indent = INDENT if any(key for key, _ in rows) else 0
    for key, value in rows:
        for i, line in enumerate(_wrap(value, max(_width() - indent - 5, MIN_WIDTH // 2))):
            print(f"    {'' if i else key:<{indent}} {line}".rstrip() if indent else f"    {line}")
    sys.stdout.flush()


def _coloured(state: str) -> str:
    return f"\033[1;{COLOURS[state]}m{state}\033[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else state
