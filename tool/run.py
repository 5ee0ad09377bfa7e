"""Serve the plugin, send it messages as SpaceONE would, and print the events for a person to read."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import grpc

import show
from client import Client, read_message
from plugin_process import COMMAND, ROOT
from send import fresh

SAMPLES = [ROOT / "test/fixture/alarm" / name for name in ("firing_compute.json", "recovery_compute.json")]


def main() -> int:
    """Return the exit status: 1 if a message was refused or the server did not start."""
    parser = argparse.ArgumentParser(prog="bin/run", description=__doc__)
    parser.add_argument("file", nargs="*", metavar="FILE", help="JSON messages (default: a firing and its recovery, of now)")
    parser.add_argument("--once", action="store_true", help="end after printing")
    parser.add_argument("--port", type=_port, default=50051, help="default: %(default)s")
    parser.add_argument("--options", default={}, type=show.options, metavar="JSON", help="the webhook's options")
    arguments = parser.parse_args()
    if _is_taken(arguments.port):
        parser.exit(1, f"port {arguments.port} is taken: end what listens there, or name another with --port\n")
    server = serve(arguments.port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Client(f"127.0.0.1:{arguments.port}") as client:
            if not _started(client, server):
                print(f"the plugin did not start on port {arguments.port}", file=sys.stderr)
                return 1
            refused = show_files(client, arguments.file, arguments.options)
        if not arguments.once:
            print(f"serving gRPC on port {arguments.port}; Ctrl-C ends it", flush=True)
            server.wait()
        return int(refused)
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait(15)


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start the plugin as its image does, in a process of its own."""
    environment = {"ONS_LOG_LEVEL": "WARNING", **os.environ, "SPACEONE_PORT": str(port)}
    return subprocess.Popen(COMMAND, cwd=ROOT / "src", env=environment, start_new_session=True)


def show_files(client: Client, files: list[str], options: dict[str, Any]) -> bool:
    """Send the files' messages, or the samples as an alarm of their own and of now; return whether any was refused."""
    alarm = {} if files else {"dedupeKey": str(uuid.uuid4())}  # what is sent later of the samples' own alarm is not older
    refused = False
    for file in files or map(str, SAMPLES):
        refused |= _show(client, file, options, alarm)
    return refused


def _show(client: Client, file: str, options: dict[str, Any], alarm: dict[str, str]) -> bool:
    """Send one message, print the events or the refusal, and return whether it was refused."""
    print(f"\n{Path(file).name}")
    try:
        message = read_message(file)
        show.print_answer(client.answer(fresh(message) | alarm if alarm else message, options))
    except grpc.RpcError as e:
        show.print_refusal(str(e.details()))
        return True
    except (OSError, ValueError) as e:
        show.print_refusal(show.unreadable(e))
        return True
    return False


def _port(text: str) -> int:
    """Return the port of a command line; argparse prints the sentence if it is none."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port from 1 to 65535 is expected")
    return int(text)


def _is_taken(port: int) -> bool:
    """Say whether anybody listens on the port: gRPC would share it with another gRPC server."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 - nothing is served
        try:
            with socket.socket(family, socket.SOCK_STREAM) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended do not count
                s.bind((address, port))
        except OSError as e:
            if e.errno == errno.EADDRINUSE:
                return True
    return False


def _started(client: Client, server: subprocess.Popen[bytes]) -> bool:
    for _ in range(60):
        if server.poll() is not None:
            return False
        if client.wait(0.5):
            return server.poll() is None
    return False


if __name__ == "__main__":
    raise SystemExit(main())
