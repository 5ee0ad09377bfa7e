"""What is to be done so that OCI notifies SpaceONE, found out by what is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oci
import yaml

from oci_connect.connection import OURS, TAG, Connection
from oci_connect.output import WrongUse

ALARMS = Path(__file__).resolve().parent.parent / "deploy/oci/alarms.yaml"
NEEDED = {"displayName", "namespace", "query", "severity"}
DEFAULTS = {"pendingDuration": "PT5M", "repeatNotificationDuration": "PT5M", "isEnabled": True, "messageFormat": "RAW"}
OPTIONAL = {"body", "isNotificationsPerMetricDimensionEnabled", "resourceGroup", "resolution", *DEFAULTS}
SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")
PROTOCOL = "CUSTOM_HTTPS"
DEFINITION = "definition"  # the tag that says what an alarm was made from


def definitions(file: str) -> list[dict[str, Any]]:
    """Return the alarms of a file, or raise WrongUse."""
    try:
        alarms = yaml.safe_load(Path(file).read_text(encoding="utf-8"))["alarms"]
        for alarm in alarms:
            unknown = alarm.keys() - NEEDED - OPTIONAL
            if unknown or NEEDED - alarm.keys() or alarm["severity"] not in SEVERITIES:
                names = ", ".join(sorted(unknown or NEEDED - alarm.keys() or {"severity"}))
                raise WrongUse(f"{file}: {alarm.get('displayName', 'an alarm')}: look at {names}.")
        return list(alarms)
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError):
        raise WrongUse(f"{file}: a list of alarms expected, as in {ALARMS.name}.") from None


def steps(connection: Connection) -> Iterator[tuple[str, str, str, Callable[[], Any] | None]]:
    """Yield what is to be done, each step found out when the one before is done: action, what, name, how (None: nothing)."""
    arguments, compartment = connection.arguments, connection.compartment
    topic = connection.topic()
    if topic:
        yield "keep", "topic", topic.name, None
    else:
        text = "OCI alarms for SpaceONE"
        details = oci.ons.models.CreateTopicDetails(
            name=arguments.name, compartment_id=compartment, description=text, freeform_tags={TAG: OURS}
        )
        yield "create", "topic", arguments.name, lambda: connection.topics.create_topic(details)
        topic = connection.topic()
    if connection.subscription(topic):
        yield "keep", "subscription", connection.host(), None
    else:
        wanted = oci.ons.models.CreateSubscriptionDetails(
            topic_id=topic.topic_id if topic else None,
            compartment_id=compartment,
            protocol=PROTOCOL,
            endpoint=arguments.webhook_url,
            freeform_tags={TAG: OURS},
        )
        yield "create", "subscription", connection.host(), lambda: connection.messages.create_subscription(wanted)
    yield from _alarm_steps(connection, topic.topic_id if topic else "")


def _alarm_steps(connection: Connection, topic_id: str) -> Iterator[tuple[str, str, str, Callable[[], Any] | None]]:
    there = connection.alarms()
    for definition in connection.arguments.definitions:
        name = definition["displayName"]
        fields = {**DEFAULTS, **definition, "destinations": [topic_id]}
        tags = {TAG: OURS, DEFINITION: hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]}
        own = {_snake(key): value for key, value in fields.items()}
        compartment = connection.compartment
        own |= {"compartment_id": compartment, "metric_compartment_id": compartment, "freeform_tags": tags}
        if name not in there:
            create = oci.monitoring.models.CreateAlarmDetails(**own)
            yield "create", "alarm", name, lambda create=create: connection.monitoring.create_alarm(create)
        elif there[name].freeform_tags.get(DEFINITION) != tags[DEFINITION]:
            update = oci.monitoring.models.UpdateAlarmDetails(**own)
            own_id = there[name].id
            yield "update", "alarm", name, lambda i=own_id, update=update: connection.monitoring.update_alarm(i, update)
        else:
            yield "keep", "alarm", name, None


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name)
