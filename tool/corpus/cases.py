"""The fixtures, each of them a case, and what the pure core answers to one.

A fixture file is either a message, or a case: an object with `data` (the message) and, where the case needs them, `options`
(the webhook's options) and `now` (the time, ISO 8601 with an offset). Beside each stands its golden, the expected answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dateutil.parser import isoparse
from google.protobuf.struct_pb2 import Struct

from corpus.signing import CERTIFICATE
from plugin.error import ERROR_CONFIRMATION_OFF, ERROR_ONS
from plugin.interface.grpc.struct import to_dict
from plugin.model.event import Silent
from plugin.ons import address, signature, topic
from plugin.ons.message import Kind, recognise
from plugin.ons.transform import transform
from plugin.option import SETTINGS, Options, given

FIXTURES = Path(__file__).resolve().parent.parent.parent / "test/fixture"
CASES = sorted(path for path in FIXTURES.glob("*/*.json") if not path.name.endswith(".golden.json"))
CASE_KEYS = {"data", "options", "now"}


@dataclass(frozen=True)
class Case:
    """A message, the options of the webhook that it comes by, and the time of its arrival (None: any)."""

    data: dict[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    now: datetime | None = None


def case_name(path: Path) -> str:
    """Return `kind/name` of a fixture file."""
    return f"{path.parent.name}/{path.stem}"


def golden(path: Path) -> Path:
    """Return the file with the expected answer to a fixture."""
    return path.with_suffix(".golden.json")


def load(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def load_case(path: Path) -> Case:
    """Return the case in a fixture file."""
    content = load(path)
    if "data" not in content or not content.keys() <= CASE_KEYS:
        return Case(content)
    now = isoparse(content["now"]) if "now" in content else None
    return Case(content["data"], content.get("options", {}), now)


def load_message(path: Path) -> dict[str, Any]:
    """Return the message in a fixture file, without the options and the time of its case."""
    return load_case(path).data


def arrived(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as it reaches the plugin: through a Struct, where key order is lost and each number is a float."""
    struct = Struct()
    struct.update(data)
    return to_dict(Struct.FromString(struct.SerializeToString()))


def answer_case(case: Case) -> dict[str, Any]:
    """Return the answer to a case that arrives over gRPC."""
    options, errors = given(arrived(case.options), Options())
    for error in errors:
        if error.name in SETTINGS and SETTINGS[error.name].fails_closed:
            return _refusal(error)
    return answer(arrived(case.data), options, now=case.now)


def answer(data: Mapping[str, Any], options: Options | None = None, *, now: datetime | None = None) -> dict[str, Any]:
    """Return `{"event"}`, `{"ignored"}` or `{"error"}`, or `{"confirm"}` with the link that the plugin would open.

    Nothing is opened or fetched: a signature is verified with the certificate of `corpus.signing`.
    """
    options = options or Options()
    try:
        message = recognise(data)
        topic.check(message, options.topics)
        if signature.wanted(message, options.signature):
            address.certificate(message.envelope.get("signingCertURL"), options.extra_domains)
            signature.verify(message, CERTIFICATE, now or datetime.now(timezone.utc), max_age=options.signature_max_age)
        if message.kind is Kind.CONFIRMATION:
            if not options.confirm:
                raise ERROR_CONFIRMATION_OFF()
            return {"confirm": address.confirmation(message.confirmation_url, options.extra_domains)}
        outcome = transform(message, options)
    except ERROR_ONS as e:
        return _refusal(e)
    if isinstance(outcome, Silent):
        return {"ignored": outcome.reason.value}
    return {"event": outcome.to_dict()}


def _refusal(error: ERROR_ONS) -> dict[str, Any]:
    return {"error": {"code": error.error_code, "status": error.status_code, "message": error.message}}
