"""What all events of the OCI Events service (CloudEvents 0.1) have in common.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plugin.model.event import Resource
from plugin.ons import identifiers, read
from plugin.ons.message import Message
from plugin.ons.read import Body, Reader

# Who did it, out of `data.identity`; its `credentials` and `consoleSessionId` are never read.
# https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
ACTOR_KEYS = ("principalName", "callerName", "principalId")
ADDRESS_KEYS = ("ipAddress",)


def event_type(body: Body) -> str:
    """Return the event type, for example `com.oraclecloud.computeapi.instanceaction.end`, or ""."""
    value = body.get("eventType")
    return read.clean(value) if isinstance(value, str) else ""


def details(data: Reader, expected: Iterable[str] = ()) -> dict[str, str]:
    """Return the single values of `additionalDetails` by name, in the order of names; it is an object or a list of such.

    Objects and lists within are left out; those that a kind expects to be texts are noted as unreadable.
    """
    texts: dict[str, str] = {}
    for part in data.objects("additionalDetails"):
        nested = {key for key, value in part.body.items() if isinstance(value, (dict, list))}
        for key in sorted(nested.intersection(expected)):
            part.note(key)
        texts |= {read.clean(key): part.text(key) for key in part.body.keys() - nested}
    return {key: texts[key] for key in sorted(texts) if texts[key]}


def tenancy(message: Message) -> str:
    """Return the tenancy of an event, or ""."""
    data = message.fields.object("data")
    details = [part.body for part in data.objects("additionalDetails")]
    identity = data.body.get("identity")
    places = [*details, data.body, *([identity] if isinstance(identity, dict) else [])]
    return identifiers.tenancy(*places, message.fields.object("extensions").body)


def resource(data: Reader) -> Resource | None:
    """Return what an event is about, or None."""
    resource_id, name = data.text("resourceId"), data.text("resourceName")
    return Resource(identifiers.lower(resource_id), name or resource_id) if resource_id or name else None


def actor(data: Reader) -> tuple[str, str]:
    """Return who did it and the address that they came from, each "" where the event does not tell."""
    identity = data.object("identity")
    return identity.text(*ACTOR_KEYS), identity.text(*ADDRESS_KEYS)


def info(message: Message, further: Mapping[str, str]) -> dict[str, str]:
    """Return what event rules match on; `further` are texts of the kind's own."""
    fields, data = message.fields, message.fields.object("data")
    resource_id = data.text("resourceId")
    who, address = actor(data)
    return {
        "compartment_id": data.text("compartmentId") or fields.object("extensions").text("compartmentId"),
        "compartment_name": data.text("compartmentName"),
        "event_type": fields.text("eventType"),
        "source": fields.text("source"),
        "region": identifiers.region(resource_id),
        "resource_id": identifiers.lower(resource_id),
        "principal": who,
        "source_address": address,
        **{key: value for key, value in further.items() if value},
    }
