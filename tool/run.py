"""Serve the plugin, send it messages as SpaceONE would, and print the events for a person to read."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import grpc

from client import Client, read_message

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = [ROOT / "test/fixture/alarm" / name for name in ("firing_compute.json", "recovery_compute.json")]
COLOURS = {"ALERT": "31", "RECOVERY": "32", "REFUSED": "33", "IGNORED": "2"}  # of a terminal
INDENT = 30
WRAPPER = textwrap.TextWrapper(96, break_on_hyphens=False, break_long_words=False)  # a link stays whole


def main() -> int:
    """Return the exit status: 1 if a message was refused or the server did not start."""
    parser = argparse.ArgumentParser(prog="bin/run", description=__doc__)
    parser.add_argument("file", nargs="*", metavar="FILE", help="JSON messages (default: a firing and its recovery)")
    parser.add_argument("--once", action="store_true", help="end after printing")
    parser.add_argument("--port", type=int, default=50051, help="default: %(default)s")
    arguments = parser.parse_args()
    server = serve(arguments.port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Client(f"127.0.0.1:{arguments.port}") as client:
            if not _started(client, server):
                print(f"the plugin did not start on port {arguments.port}", file=sys.stderr)
                return 1
            refused = [show(client, str(file)) for file in arguments.file or SAMPLES]
        if not arguments.once:
            print(f"serving gRPC on port {arguments.port}; Ctrl-C ends it", flush=True)
            server.wait()
        return int(any(refused))
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait(15)


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start the plugin as its image does, in a process of its own."""
    environment = {"ONS_LOG_LEVEL": "WARNING", **os.environ, "SPACEONE_PORT": str(port)}
    return subprocess.Popen([sys.executable, "-m", "plugin"], cwd=ROOT / "src", env=environment, start_new_session=True)


def show(client: Client, file: str) -> bool:
    """Send one message, print the events or the refusal, and return whether it was refused."""
    print(f"\n{Path(file).name}")
    try:
        events = client.parse(read_message(file))
    except grpc.RpcError as e:
        _print("REFUSED", [("", str(e.details()))])
        return True
    except (OSError, ValueError) as e:
        _print("REFUSED", [("file", str(e))])
        return True
    for event in events:
        _print(event["event_type"], _rows(event))
    if not events:
        _print("IGNORED", [("", "the plugin recognises the message, and it is no event")])
    return False


def _started(client: Client, server: subprocess.Popen[bytes]) -> bool:
    for _ in range(60):
        if server.poll() is not None:
            return False
        if client.wait(0.5):
            return server.poll() is None
    return False


def _rows(event: dict[str, Any]) -> list[tuple[str, str]]:
    plain = ("severity", "title", "description", "occurred_at", "event_key", "rule", "account", "provider")
    rows = [(key, event.get(key, "")) for key in plain]
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


if __name__ == "__main__":
    raise SystemExit(main())
