"""Serve the plugin, send it messages as SpaceONE would, and print the events for a person to read."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import grpc

import show
from client import Client, read_message
from plugin_process import COMMAND, ROOT
from send import fresh

SAMPLES = [ROOT / "test/fixture/alarm" / name for name in ("firing_compute.json", "recovery_compute.json")]


def main() -> int:
    """Return the exit status: 1 if a message was refused or not sent, or the server did not start."""
    arguments = _arguments()
    server = serve(arguments.port)
    for number in (signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
        signal.signal(number, signal.default_int_handler)
    try:
        with Client(f"127.0.0.1:{arguments.port}") as client:
            if not _started(client, server):
                print(f"the plugin did not start on port {arguments.port}", file=sys.stderr)
                return 1
            failed = show_files(client, arguments)
        print(_advice(arguments, failed=failed), flush=True)
        if not arguments.once:
            print(f"Serving gRPC on port {arguments.port}; Ctrl-C ends it.", flush=True)
            while server.poll() is None:  # wait() could miss a signal that comes just before it
                time.sleep(0.2)
        return int(failed)
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        return show.exit_quietly()
    finally:
        server.terminate()
        server.wait(15)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/run", description=__doc__)
    parser.add_argument("file", nargs="*", metavar="FILE", help="JSON messages (default: a firing and its recovery, of now)")
    parser.add_argument("--once", action="store_true", help="end after printing")
    parser.add_argument("-v", "--verbose", action="store_true", help="show all fields of the events")
    parser.add_argument("--port", type=show.port, default=50051, help="default: %(default)s")
    parser.add_argument("--options", default={}, type=show.options, metavar="JSON", help="the webhook's options")
    arguments = parser.parse_args()
    if _is_taken(arguments.port):
        parser.exit(1, f"port {arguments.port} is taken: end what listens there, or name another with --port\n")
    return arguments


def _advice(arguments: argparse.Namespace, *, failed: bool) -> str:
    """Return what to try next."""
    if failed:
        return "\nNext: README.md lists the kinds of message that the plugin understands."
    if not arguments.verbose:
        return f"\nNext: {' '.join(['bin/run --once -v', *arguments.file])} shows all fields."
    return "\nNext: bin/run --once FILE with a message of yours; docs/en/GUIDE.md connects OCI to SpaceONE."


def serve(port: int) -> subprocess.Popen[bytes]:
    """Start the plugin in a process, as its image does."""
    environment = {"ONS_LOG_LEVEL": "WARNING", **os.environ, "SPACEONE_PORT": str(port)}
    return subprocess.Popen(COMMAND, cwd=ROOT / "src", env=environment, start_new_session=True)


def show_files(client: Client, arguments: argparse.Namespace) -> bool:
    """Send the files' messages, or the samples as a new alarm; return whether any failed."""
    alarm = {} if arguments.file else {"dedupeKey": str(uuid.uuid4())}  # a new alarm each run, so that no message is stale
    failed = [_failed(client, file, arguments, alarm) for file in arguments.file or map(str, SAMPLES)]  # all are sent
    return any(failed)


def _failed(client: Client, file: str, arguments: argparse.Namespace, alarm: dict[str, str]) -> bool:
    """Send one message, print the events or the error, and return whether there was one."""
    print(f"\n{Path(file).name}")
    try:
        message = read_message(file)
        answer = client.answer(fresh(message) | alarm if alarm else message, arguments.options)
    except (grpc.RpcError, OSError, ValueError) as e:
        show.print_error(e, f"127.0.0.1:{arguments.port}")
        return True
    show.print_answer(answer, verbose=arguments.verbose)
    return False


def _is_taken(port: int) -> bool:
    """Say whether the port is taken: gRPC would share it with another gRPC server."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 - nothing is served
        try:
            with socket.socket(family, socket.SOCK_STREAM) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # ignore TIME_WAIT
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
