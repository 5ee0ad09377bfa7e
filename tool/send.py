"""Send messages to a served plugin and print its replies, one JSON line a file."""

from __future__ import annotations

import argparse
import json
from typing import Any

import grpc

from client import Client, read_message


def main() -> int:
    """Return the exit status: 1 if anything was refused."""
    parser = argparse.ArgumentParser(prog="bin/send", description=__doc__)
    parser.add_argument("file", nargs="+", metavar="FILE", help="a JSON message; - reads standard input")
    parser.add_argument("--to", default="127.0.0.1:50051", metavar="HOST:PORT", help="the plugin (default: %(default)s)")
    parser.add_argument("--options", default={}, type=json.loads, metavar="JSON", help="the webhook's options")
    arguments = parser.parse_args()
    refused = False
    with Client(arguments.to) as client:
        for file in arguments.file:
            answer = _answer(client, file, arguments.options)
            refused |= "error" in answer
            print(json.dumps({"file": file, **answer}, ensure_ascii=False), flush=True)
    return int(refused)


def _answer(client: Client, file: str, options: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"results": client.parse(read_message(file), options)}
    except grpc.RpcError as e:
        return {"error": {"code": e.code().name, "message": e.details()}}
    except (OSError, ValueError) as e:
        return {"error": {"code": "UNREADABLE_FILE", "message": str(e)}}


if __name__ == "__main__":
    raise SystemExit(main())
