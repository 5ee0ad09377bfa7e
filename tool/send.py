"""Call a served plugin over gRPC, as SpaceONE does, and print what it answers.

parse FILE…   what becomes of messages (- reads one from standard input)
init          what the plugin says of itself
verify        whether it accepts the options
health        whether it serves
FILE…         parse, with a line of JSON for each file
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc

import show
from client import Answer, Client, read_message

SERVICES = ("", "spaceone.api.monitoring.plugin.Webhook", "spaceone.api.monitoring.plugin.Event")


def main() -> int:
    """Return the exit status: 1 if anything was refused, 2 for a command line that cannot be understood."""
    arguments = _arguments(sys.argv[1:])
    try:
        with Client(arguments.to) as client:
            return int(CALLS[arguments.call](client, arguments))
    except BrokenPipeError:
        return show.exit_quietly()


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/send", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("words", nargs="+", metavar="CALL|FILE", help="parse, init, verify or health; files with messages")
    parser.add_argument("--to", default="127.0.0.1:50051", metavar="HOST:PORT", help="the plugin (default: %(default)s)")
    parser.add_argument("--options", default={}, type=show.options, metavar="JSON", help="the webhook's options")
    parser.add_argument("-v", "--verbose", action="store_true", help="show all fields of the events")
    parser.add_argument("--json", action="store_true", help="print lines of JSON")
    parser.add_argument("--now", action="store_true", help="give the messages the time of now, to send an alarm again")
    arguments = parser.parse_intermixed_args(words)
    first, *files = arguments.words
    if first.isalpha() and first not in CALLS and not Path(first).exists():
        parser.error(f"{first} is neither a call nor a file; calls are {', '.join(CALLS)}")
    arguments.call, arguments.file = (first, files) if first in CALLS else ("parse", arguments.words)
    arguments.json |= first not in CALLS
    if arguments.call == "parse" and not arguments.file:
        parser.error("parse wants files with messages; - reads one from standard input")
    if arguments.call != "parse" and arguments.file:
        parser.error(f"{arguments.call} takes no files")
    return arguments


def parse(client: Client, arguments: argparse.Namespace) -> bool:
    """Send each file's message, print what becomes of it, and return whether any was refused."""
    refused = False
    for file in arguments.file:
        try:
            message = read_message(file)
            answer = client.answer(fresh(message) if arguments.now else message, arguments.options)
        except (grpc.RpcError, OSError, ValueError) as e:
            refused = True
            if arguments.json:
                _line({"file": file, **_error(e, arguments.to)})
            else:
                print(f"\n{Path(file).name}")
                show.print_error(e, arguments.to)
        else:
            _print_answer(file, answer, arguments)
    return refused


def fresh(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message with its times set to now."""
    now = datetime.now(UTC)
    times = {
        "timestamp": now.isoformat(timespec="milliseconds"),
        "timestampEpochMillis": int(now.timestamp() * 1000),
        "eventTime": now.isoformat(timespec="milliseconds"),
    }
    return {**message, **{key: value for key, value in times.items() if key in message}}


def init(client: Client, arguments: argparse.Namespace) -> bool:
    """Print what the plugin says of itself."""
    return _call(arguments, lambda: client.init(arguments.options)["metadata"])


def verify(client: Client, arguments: argparse.Namespace) -> bool:
    """Print whether the plugin accepts the options."""

    def accepted() -> dict[str, Any]:
        client.verify(arguments.options)
        return {"options": "accepted"}

    return _call(arguments, accepted)


def health(client: Client, arguments: argparse.Namespace) -> bool:
    """Print whether the server and its services serve."""
    not_serving: list[str] = []

    def statuses() -> dict[str, Any]:
        by_service = {service.rpartition(".")[2] or "server": client.health(service) for service in SERVICES}
        not_serving.extend(status for status in by_service.values() if status != "SERVING")
        return by_service

    return _call(arguments, statuses) or bool(not_serving)


CALLS: dict[str, Callable[[Client, argparse.Namespace], bool]] = {
    "parse": parse,
    "init": init,
    "verify": verify,
    "health": health,
}


def _call(arguments: argparse.Namespace, call: Callable[[], dict[str, Any]]) -> bool:
    """Print the object that a call returns, or its refusal, and return whether it was refused."""
    try:
        values = call()
    except grpc.RpcError as e:
        if arguments.json:
            _line(_error(e, arguments.to))
        else:
            show.print_error(e, arguments.to)
        return True
    if arguments.json:
        _line(values)
    else:
        show.print_values(values)
    return False


def _error(error: grpc.RpcError | OSError | ValueError, target: str) -> dict[str, Any]:
    code = error.code().name if isinstance(error, grpc.RpcError) else "UNREADABLE_FILE"
    return {"error": {"code": code, "message": show.explain(error, target)}}


def _print_answer(file: str, answer: Answer, arguments: argparse.Namespace) -> None:
    if arguments.json:
        _line({"file": file, "results": answer.events, **({"why_empty": answer.why_empty} if answer.why_empty else {})})
    else:
        print(f"\n{Path(file).name}")
        show.print_answer(answer, verbose=arguments.verbose)


def _line(values: dict[str, Any]) -> None:
    print(json.dumps(values, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
