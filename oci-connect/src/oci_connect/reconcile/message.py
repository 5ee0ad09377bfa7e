"""Read the alarm in a stored message, and make a new message from it with the same wrapper and envelope.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/alarm-message-format.htm
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from oci_connect.reconcile.state import Post, Subject

Body = dict[str, Any]
SENT_BY_US = "Sent by oci-connect reconcile, because OCI's own message did not arrive."
UNNAMED = (("", ""),)  # a stream that its message does not name
SIGNED = ("signature", "signingCertURL", "signatureVersion")  # of a text that is no longer the same
SIGNED_HEADERS = ("x-oci-ns-signature", "x-oci-ns-signingcerturl", "x-oci-ns-signatureversion", "x-oci-ns-timestamp")


def subject_of(raw: Mapping[str, Any], is_split: Callable[[str], bool] = lambda _: False, known: str = "") -> Subject | None:
    """Return the alarm of a message, or the stream of a split alarm; None if there is none.

    `is_split` tells it for older messages that do not. `known` is the OCID found by the plugin, if the message has none.
    """
    body = _unwrap(raw)
    meta = _meta(body)
    alarm = body.get("alarmId") or (meta[0].get("id") if meta else None) or known
    if not isinstance(alarm, str) or not alarm.startswith("ocid1.alarm."):
        return None
    said = str(body.get("notificationType") or "").lower()
    if said.startswith("split") or (not said.startswith("group") and is_split(alarm)):
        return Subject(alarm, stream_of(_dimensions(meta)) or UNNAMED)
    return Subject(alarm)


def stream_of(dimensions: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return dimensions in comparable form."""
    return tuple(sorted((str(name), str(value)) for name, value in dimensions.items()))


def make(post: Post) -> Body:
    """Return the message that a Post stands for."""
    raw = _plain(copy.deepcopy(dict(post.raw)))
    body = _unwrap(raw)
    _change(body, post)
    return _wrap(raw, body, post.since)


def same(one: Any, other: Any) -> bool:
    """Say whether two messages are equal; SpaceONE turns numbers into floats."""
    return canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """Return the canonical JSON of a message."""
    return json.dumps(_plain(value), sort_keys=True)


def _change(body: Body, post: Post) -> None:
    state = "OK" if post.kind == "FIRING_TO_OK" else "FIRING"
    meta = _meta(body)
    if "alarmId" in body and not meta:  # as documented
        body["status"] = state
    else:
        body["type"] = post.kind
    for each in meta:
        each["status"] = state
        if post.kind == "OK_TO_FIRING":
            each.pop("metricValues", None)  # those of an older firing
            each.pop("alarmSummary", None)
    if post.severity and state == "FIRING":
        for place in (body, *meta):
            if "severity" in place:
                place["severity"] = post.severity
    body["timestamp"] = _format_time(post.since)
    if "timestampEpochMillis" in body:
        body["timestampEpochMillis"] = int(post.since.timestamp() * 1000)
    text = body.get("body")
    text = text if isinstance(text, str) else ""
    if post.kind != "REPEAT" and not text.startswith(SENT_BY_US):
        body["body"] = f"{SENT_BY_US}\n{text}".strip()


def _unwrap(raw: Mapping[str, Any]) -> Body:
    """Return the alarm in a message, without a relay's wrapper and ONS's envelope."""
    body: Any = raw
    if set(raw) == {"headers", "text"}:
        body = _parse(raw["text"])
    if isinstance(body, dict) and "message" in body and not _meta(body) and "alarmId" not in body:
        body = _parse(body["message"])
    return body if isinstance(body, dict) else {}


def _wrap(raw: Body, body: Body, since: datetime) -> Body:
    if set(raw) == {"headers", "text"}:
        sent = raw["headers"] if isinstance(raw["headers"], dict) else {}
        headers = {name: value for name, value in sent.items() if name.lower() not in SIGNED_HEADERS}
        inner = _parse(raw["text"])
        return {"headers": headers, "text": json.dumps(_enveloped(inner, body, since), ensure_ascii=False)}
    return _enveloped(raw, body, since)


def _enveloped(outer: Any, body: Body, since: datetime) -> Body:
    if not isinstance(outer, dict) or outer is body or "message" not in outer or _meta(outer) or "alarmId" in outer:
        return body
    kept = {name: value for name, value in outer.items() if name not in SIGNED}
    message = body if isinstance(outer["message"], dict) else json.dumps(body, ensure_ascii=False)
    return {**kept, "message": message, "timestamp": _format_time(since)}


def _parse(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return {}


def _meta(body: Mapping[str, Any]) -> list[Body]:
    meta = body.get("alarmMetaData")
    listed = meta if isinstance(meta, list) else [meta]
    return [each for each in listed if isinstance(each, dict) and each]


def _dimensions(meta: list[Body]) -> Mapping[str, Any]:
    streams = meta[0].get("dimensions") if meta else None
    first = streams[0] if isinstance(streams, list) and streams else {}
    return first if isinstance(first, dict) else {}


def _plain(value: Any) -> Any:
    """Return a value with its integers restored: a protobuf Struct holds floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _format_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
