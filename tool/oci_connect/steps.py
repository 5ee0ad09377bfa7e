"""The steps that are missing until OCI notifies SpaceONE, derived from what OCI holds already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import oci

from oci_connect.arguments import Arguments
from oci_connect.connection import OWNER, OWNER_TAG, Connection
from oci_connect.definitions import DEFAULTS, Definition

PROTOCOL = "CUSTOM_HTTPS"
DEFINITION_TAG = "definition"  # a digest of what an alarm was made from


@dataclass(frozen=True)
class Step:
    """One step; `call` does it, and is None where there is nothing to do."""

    action: str  # create, update, keep or delete
    what: str
    name: str
    call: Callable[[], object] | None = None


def steps(arguments: Arguments, connection: Connection, definitions: Sequence[Definition]) -> Iterator[Step]:
    """Yield the steps in their order; each is derived only after the step before it was done."""
    if topic := connection.topic():
        yield Step("keep", "topic", topic.name)
    else:
        yield Step("create", "topic", arguments.name, partial(_create_topic, arguments, connection))
        topic = connection.topic()
    topic_id = topic.topic_id if topic else ""  # only plan goes on without a topic
    if connection.subscription(topic):
        yield Step("keep", "subscription", arguments.host)
    else:
        yield Step("create", "subscription", arguments.host, partial(_subscribe, arguments, connection, topic_id))
    existing = connection.alarms()
    for definition in definitions:
        name = definition["displayName"]
        fields = {**DEFAULTS, **definition, "destinations": [topic_id]}
        digest = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]
        details = _alarm_details(fields, digest, connection.compartment)
        if name not in existing:
            yield Step("create", "alarm", name, partial(_create_alarm, connection, details))
        elif (existing[name].freeform_tags or {}).get(DEFINITION_TAG) != digest:
            yield Step("update", "alarm", name, partial(_update_alarm, connection, existing[name].id, details))
        else:
            yield Step("keep", "alarm", name)


def _create_topic(arguments: Arguments, connection: Connection) -> None:
    details = oci.ons.models.CreateTopicDetails(
        name=arguments.name,
        compartment_id=connection.compartment,
        description="OCI alarms for SpaceONE",
        freeform_tags={OWNER_TAG: OWNER},
    )
    connection.topics.create_topic(details)


def _subscribe(arguments: Arguments, connection: Connection, topic_id: str) -> None:
    details = oci.ons.models.CreateSubscriptionDetails(
        topic_id=topic_id,
        compartment_id=connection.compartment,
        protocol=PROTOCOL,
        endpoint=arguments.webhook_url,
        freeform_tags={OWNER_TAG: OWNER},
    )
    connection.messages.create_subscription(details)


def _create_alarm(connection: Connection, details: Definition) -> None:
    connection.monitoring.create_alarm(oci.monitoring.models.CreateAlarmDetails(**details))


def _update_alarm(connection: Connection, alarm_id: str, details: Definition) -> None:
    connection.monitoring.update_alarm(alarm_id, oci.monitoring.models.UpdateAlarmDetails(**details))


def _alarm_details(fields: Definition, digest: str, compartment: str) -> Definition:
    """Return the arguments of the SDK's models: the API's fields in snake_case."""
    details = {_snake_case(name): value for name, value in fields.items()}
    details |= {"compartment_id": compartment, "metric_compartment_id": compartment}
    details["freeform_tags"] = {OWNER_TAG: OWNER, DEFINITION_TAG: digest}
    return details


def _snake_case(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name)
