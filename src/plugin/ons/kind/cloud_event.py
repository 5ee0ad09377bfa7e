"""What all events of the OCI Events service (CloudEvents 0.1) have in common.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plugin.model.event import Resource
from plugin.ons import identifiers, read
from plugin.ons.message import Message
from plugin.ons.read import Body, Reader
from plugin.ons.text import cut_credentials

# Who did it, out of `data.identity`; its `credentials` and `consoleSessionId` are never read.
# https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
ACTOR_KEYS = ("principalName", "callerName", "principalId")
ADDRESS_KEYS = ("ipAddress",)
OWNERS = ("dbUniqueName", "dbName", "displayName", "targetName", "targetNames")  # details that name what a resource belongs to
MIN_NAME = 5  # characters of a name that may be looked for in a type
MAX_ITEMS = 20  # of a list or an object within the details


def event_type(body: Body) -> str:
    """Return the event type in lower case, for example `com.oraclecloud.computeapi.instanceaction.end`, or "".

    Oracle's own pages differ in its case.
    """
    value = body.get("eventType")
    return read.clean(value).lower() if isinstance(value, str) else ""


def details(data: Reader, expected: Iterable[str] = ()) -> dict[str, str]:
    """Return what `additionalDetails` tells by name, in the order of names; it is an object or a list of such.

    A list of single values is joined; an object of them becomes an entry for each ("problem.CVEs"). What is nested more
    deeply is left out; what a kind expects to be a text and is none is noted as unreadable.
    """
    texts: dict[str, str] = {}
    for part in data.objects("additionalDetails"):
        for key, value in sorted(part.body.items()):
            if isinstance(value, (dict, list)) and key in expected:
                part.note(key)
            elif isinstance(value, list):
                texts[read.clean(key)] = ", ".join(filter(None, map(_single, value[:MAX_ITEMS])))
            elif isinstance(value, dict):
                items = sorted(value.items())[:MAX_ITEMS]
                texts |= {f"{read.clean(key)}.{read.clean(name)}": _single(each) for name, each in items}
            else:
                texts[read.clean(key)] = part.text(key)
    return {key: cut_credentials(texts[key]) for key in sorted(texts) if texts[key]}


def _single(value: object) -> str:
    return read.scalar_text(value) or ""


def tenancy(message: Message) -> str:
    """Return the tenancy of an event, or ""."""
    data = message.fields.object("data")
    details = [part.body for part in data.objects("additionalDetails")]
    identity = data.body.get("identity")
    places = [*details, data.body, *([identity] if isinstance(identity, dict) else [])]
    return identifiers.tenancy(*places, message.fields.object("extensions").body)


def resource(data: Reader, details: Mapping[str, str], event_type: str) -> Resource | None:
    """Return what an event is about, or None.

    Where the resource's own name says nothing ("Automatic Backup" of an automatic backup), what it belongs to names it.
    """
    resource_id, name = data.text("resourceId"), data.text("resourceName")
    resource_id = "" if identifiers.is_nothing(resource_id) else resource_id
    if identifiers.is_nothing(name) or _says_nothing(name, event_type):
        name = next((details[key] for key in OWNERS if details.get(key)), "" if identifiers.is_nothing(name) else name)
    return Resource(identifiers.lower(resource_id), name or resource_id) if resource_id or name else None


def _says_nothing(name: str, event_type: str) -> bool:
    return len(name) > MIN_NAME and "".join(filter(str.isalnum, name)).lower() in event_type.lower().replace(".", "")


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
