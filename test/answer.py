"""What the pure core answers to a message, as the fixtures' goldens have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct

from plugin.error import ERROR_ONS
from plugin.interface.grpc.struct import to_dict
from plugin.model.event import Silent
from plugin.ons import address
from plugin.ons.message import Kind, recognise
from plugin.ons.transform import transform
from plugin.option import Options

FIXTURES = Path(__file__).parent / "fixture"
CASES = sorted(path for path in FIXTURES.glob("*/*.json") if not path.name.endswith(".golden.json"))


def case_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def golden(path: Path) -> Path:
    return path.with_suffix(".golden.json")


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def arrived(data: dict[str, Any]) -> dict[str, Any]:
    """Return the message as it reaches the plugin: through a Struct, where key order is lost and each number is a float."""
    struct = Struct()
    struct.update(data)
    return to_dict(Struct.FromString(struct.SerializeToString()))


def answer(data: dict[str, Any], options: Options | None = None) -> dict[str, Any]:
    """Return `{"event"}`, `{"silent"}` or `{"error"}`, the three answers, or `{"confirm"}`, the link that would be opened."""
    try:
        message = recognise(data)
        if message.kind is Kind.CONFIRMATION:
            return {"confirm": address.confirmation(message.confirmation_url)}
        outcome = transform(message, options or Options())
    except ERROR_ONS as e:
        return {"error": {"code": e.error_code, "status": e.status_code, "message": e.message}}
    if isinstance(outcome, Silent):
        return {"silent": outcome.reason.value}
    return {"event": outcome.to_dict()}
