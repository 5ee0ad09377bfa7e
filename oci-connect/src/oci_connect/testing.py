"""test: a firing test alarm published to the topic, and after a pause its recovery."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import oci

from oci_connect.connection import Connection
from oci_connect.context import NO_TOPIC, Context
from oci_connect.error import CommandError
from oci_connect.plan.step import Step

TITLE = "TEST of oci-connect"
EXPECTED = f"SpaceONE opens the alert {TITLE}, and resolves it where the project resolves alerts automatically."


def test(context: Context) -> None:
    """Publish a firing test alarm, and after a pause its recovery, in each region."""
    for connection in context.by_region():
        with context.isolate(connection):
            _test(context, connection)
    if context.output.is_complete:
        context.output.say(EXPECTED)


def _test(context: Context, connection: Connection) -> None:
    topic = context.held(connection).topic if context.home else context.topic(connection)
    if not topic:
        raise CommandError(NO_TOPIC.format(name=context.arguments.name, region=connection.region))
    key = f"oci-connect-test-{uuid.uuid4()}"
    _publish(context, connection, topic.id, _alarm(key, "OK_TO_FIRING", "FIRING"))
    with context.output.waiting(f"waiting {context.arguments.pause:g} s before the recovery"):
        time.sleep(context.arguments.pause)
    _publish(context, connection, topic.id, _alarm(key, "FIRING_TO_OK", "OK"))


def _publish(context: Context, connection: Connection, topic: str, alarm: dict[str, Any]) -> None:
    kind = alarm["type"]
    details = oci.ons.models.MessageDetails(title=f"TEST {kind}", body=json.dumps(alarm))
    publish = connection.messages.publish_message
    connection.ask(f"publish the test alarm {kind}", publish, topic, details, message_type="RAW_TEXT")
    context.output.step(Step("publish", "test alarm", kind, connection.region, id=alarm["dedupeKey"]))


def _alarm(key: str, kind: str, state: str) -> dict[str, Any]:
    """Return an alarm message as OCI Monitoring sends it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    meta = {"status": state, "severity": "INFO", "namespace": "oci_connect", "query": "test[1m].count() > 0", "dimensions": []}
    return {
        "dedupeKey": key,
        "title": TITLE,
        "body": "This message tests the way from OCI to SpaceONE. Nothing is wrong.",
        "type": kind,
        "severity": "INFO",
        "timestamp": now,
        "alarmMetaData": [meta],
        "version": 1.5,
    }
