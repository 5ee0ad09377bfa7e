"""What SpaceONE's monitoring service can store of an event; to anything else it answers HTTP 500."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dateutil.parser import isoparse
from google.protobuf.json_format import ParseDict
from spaceone.api.monitoring.plugin import event_pb2

SEVERITIES = {"CRITICAL", "ERROR", "WARNING", "INFO"}
RESOURCE_KEYS = {"resource_id", "name", "resource_type"}


def check(event: Mapping[str, Any]) -> None:
    """Raise AssertionError, or protobuf's ParseError, unless the platform can store the event."""
    ParseDict(dict(event), event_pb2.EventInfo()).SerializeToString()
    assert event["event_type"] in {"ALERT", "RECOVERY"}
    assert event["severity"] in SEVERITIES
    assert event["event_key"].strip() == event["event_key"] != ""
    assert len(event["event_key"]) <= 255
    assert event["title"]
    assert "\n" not in event["title"]
    assert len(event["title"]) <= 200
    assert event["description"].strip()
    assert len(event["description"]) <= 4000
    assert event["provider"]
    if "occurred_at" in event:
        assert event["occurred_at"].endswith("Z")
        assert isoparse(event["occurred_at"])
    assert set(event["resource"]) in (set(), RESOURCE_KEYS)
    assert all(isinstance(value, str) for value in event["resource"].values())
    assert all(isinstance(name, str) and name for name in event["resources"])
    assert len(set(event["resources"])) == len(event["resources"])
    assert event["resource"].get("name") not in event["resources"]
    assert len(event["additional_info"]) <= 64
    for key, value in event["additional_info"].items():
        assert key
        assert key == key.lower()
        assert not {"$", "."} & set(key)
        assert isinstance(value, str)
        assert 0 < len(value) <= 1000
