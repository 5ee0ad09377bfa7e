"""Serve the page on 127.0.0.1 until Ctrl-C, or draw the pictures of the documentation."""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging

import show
from preview.server import ADDRESS, listen, server

PORT = 8765


def main() -> int:
    """Return the exit status: 1 if the port is taken."""
    parser = argparse.ArgumentParser(prog="bin/preview", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=show.port, default=PORT, help="default: %(default)s")
    parser.add_argument("--pictures", action="store_true", help="draw docs/alert.png and docs/alert-ko.png, and end")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what is pasted is in no log
    if arguments.pictures:
        from preview import picture

        picture.draw_all()
        return 0
    try:
        listener = listen(arguments.port)
    except OSError as e:
        if e.errno != errno.EADDRINUSE:
            raise
        parser.exit(1, f"port {arguments.port} is taken: end what listens there, or name another with --port\n")
    print(f"http://{ADDRESS}:{arguments.port}/ shows the page; Ctrl-C ends it.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again when it has ended
        server().run(sockets=[listener])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
