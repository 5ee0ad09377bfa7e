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
OWNERS = ("dbUniqueName", "dbName", "displayName", "targetName", "targetNames")  # details that name what a resource belongs to
MIN_NAME = 4  # characters of a name that may be looked for in a type
REFUSED = "400"  # HTTP statuses from here on are those of a call that was refused or failed


def event_type(body: Body) -> str:
    """Return the event type in lower case, for example `com.oraclecloud.computeapi.instanceaction.end`, or "".

    Oracle's own pages differ in its case.
    """
    value = body.get("eventType")
    return read.clean(value).lower() if isinstance(value, str) else ""


def details(data: Reader, expected: Iterable[str] = ()) -> dict[str, str]:
    """Return what `additionalDetails` tells by name, in the order of names; it is an object or a list of such.

    An object, or the JSON text of one, becomes an entry for each of its fields ("problem.CVEs"); a list, and what is nested
    more deeply, is joined. What a kind expects to be a text and is none is noted as unreadable.
    """
    texts: dict[str, str] = {}
    for part in data.objects("additionalDetails"):
        for key, each in sorted(part.body.items()):
            value = each if key in expected else read.json_object(each) or each
            if isinstance(value, (dict, list)) and key in expected:
                part.note(key)
            elif isinstance(value, list):
                texts[read.clean(key)] = read.nested_text(value)
            elif isinstance(value, dict):
                items = sorted(value.items())[: read.MAX_NESTED_ITEMS]
                texts |= {f"{read.clean(key)}.{read.clean(name)}": read.nested_text(item) for name, item in items}
            else:
                texts[read.clean(key)] = part.text(key)
    return {key: texts[key] for key in sorted(texts) if texts[key]}


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
    resource_id, name = _resource_id(data), data.text("resourceName")
    if not identifiers.resource_type(resource_id) and identifiers.resource_type(details.get("id", "")):
        resource_id = details["id"]
    if identifiers.is_nothing(name) or _says_nothing(name, event_type):
        name = next((details[key] for key in OWNERS if details.get(key)), "" if identifiers.is_nothing(name) else name)
    return Resource(identifiers.lower(resource_id), name or resource_id) if resource_id or name else None


def _resource_id(data: Reader) -> str:
    resource_id = data.text("resourceId")
    return "" if identifiers.is_nothing(resource_id) else resource_id


def _says_nothing(name: str, event_type: str) -> bool:
    return len(name) >= MIN_NAME and "".join(filter(str.isalnum, name)).lower() in event_type.lower().replace(".", "")


def actor(data: Reader) -> tuple[str, str]:
    """Return who did it and the address that they came from, each "" where the event does not tell."""
    identity = data.object("identity")
    return identity.text(*ACTOR_KEYS), identity.text("ipAddress")


def changed(data: Reader) -> Reader:
    """Return a reader of what a resource has become, for an event that tells of a change."""
    return data.object("stateChange").object("current")


def is_refused(data: Reader) -> bool:
    """Say whether the call of an API that an event tells of was refused or failed."""
    status = data.object("response").text("status") if isinstance(data.body.get("response"), dict) else ""
    return len(status) == len(REFUSED) and status.isdecimal() and status >= REFUSED


def refusal(data: Reader) -> str:
    """Return why a call of an API was refused or failed ("404 Not found"), or ""."""
    response = data.object("response")
    return f"{response.text('status')} {response.text('message')}".strip()


def info(message: Message, further: Mapping[str, str]) -> dict[str, str]:
    """Return what event rules match on; `further` are texts of the kind's own."""
    fields, data = message.fields, message.fields.object("data")
    resource_id = _resource_id(data)
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
