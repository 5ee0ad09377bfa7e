"""What all events of the OCI Events service (CloudEvents 0.1) have in common.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm
"""

from __future__ import annotations

from collections.abc import Mapping

from plugin.error import ERROR_FIELD
from plugin.model.event import Resource
from plugin.ons import identifiers, read
from plugin.ons.message import Message
from plugin.ons.read import Body

DETAILS = ("data", "additionalDetails")


def details(body: Body) -> dict[str, str]:
    """Return the single values of `additionalDetails` as texts, sorted by name; it is an object or a list of such."""
    value = read.at(body, *DETAILS)
    parts = value if isinstance(value, list) else [value or {}]
    found: dict[str, str] = {}
    for part in parts:
        if not isinstance(part, dict):
            raise ERROR_FIELD("data.additionalDetails", "an object or a list of objects")
        found |= {read.clean(k): read.scalar_text(v) for k, v in part.items() if not isinstance(v, (dict, list))}
    return dict(sorted(found.items()))


def owner(body: Body, further: Body) -> str:
    """Return the tenancy of an event, else its compartment."""
    places = ((), ("identity",), ("additionalDetails",))
    data = [found for place in places if isinstance(found := read.at(body, "data", *place), dict)]
    return identifiers.account(further, *data, read.mapping(body, "extensions"))


def resource(body: Body) -> Resource | None:
    """Return what an event is about, or None."""
    resource_id, name = read.text(body, "data", "resourceId"), read.text(body, "data", "resourceName")
    return Resource(resource_id, name or resource_id) if resource_id or name else None


def info(message: Message, further: Mapping[str, str]) -> dict[str, str]:
    """Return what event rules match on; `further` are texts of the kind's own."""
    body = message.body
    resource_id = read.text(body, "data", "resourceId")
    return {
        "compartment_id": read.text(body, "data", "compartmentId") or read.text(body, "extensions", "compartmentId"),
        "compartment_name": read.text(body, "data", "compartmentName"),
        "event_type": read.text(body, "eventType"),
        "source": read.text(body, "source"),
        "region": identifiers.region(resource_id),
        "resource_id": resource_id,
        "topic_id": message.topic_id,
        "message_id": message.message_id,
        **{key: value for key, value in further.items() if value},
    }


def event_type(body: Body) -> str:
    """Return the event type, for example `com.oraclecloud.computeapi.instanceaction.end`, or ""."""
    value = body.get("eventType")
    return read.clean(value) if isinstance(value, str) else ""
