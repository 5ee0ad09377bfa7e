"""Convert a pasted text to what reaches the plugin through SpaceONE's REST API or, if that would refuse it, the relay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from google.protobuf.struct_pb2 import Struct

from client import MAX_FILE_BYTES, TOO_DEEP, TOO_LARGE, as_struct
from plugin.interface.grpc.boundary import decode
from plugin.interface.grpc.struct import to_dict


class Way(Enum):
    """How a message comes to the plugin."""

    DIRECT = "direct"
    RELAY = "relay"  # for anything but a JSON object SpaceONE answers HTTP 500
    NONE = "none"


@dataclass(frozen=True)
class Posted:
    """The body of a POST: what reaches the plugin, and how.

    `place` is the line and column of a JSON error, or None. `flaw` says why it cannot be sent.
    """

    way: Way
    data: Mapping[str, Any]
    place: tuple[int, int] | None = None
    flaw: str = ""


def read(text: str) -> Posted:
    """Return the message of a pasted text; raise ERROR_MESSAGE as the plugin does."""
    if len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        return Posted(Way.NONE, {}, flaw=TOO_LARGE)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as e:
        return Posted(Way.RELAY, _wrap(text), (e.lineno, e.colno))
    except RecursionError:
        return Posted(Way.NONE, {}, flaw=TOO_DEEP)
    if not isinstance(found, dict):
        return Posted(Way.RELAY, _wrap(text))
    try:
        return Posted(Way.DIRECT, arrived(found))
    except ValueError as e:
        return Posted(Way.NONE, {}, flaw=str(e))


def arrived(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object as gRPC carries it; raise ValueError for what protobuf does not take, or ERROR_MESSAGE."""
    return to_dict(decode(Struct, as_struct(content).SerializeToString()))


def _wrap(text: str) -> dict[str, Any]:
    return arrived({"headers": {}, "text": text})
