"""Fields common to all events of the OCI Events service (CloudEvents 0.1).

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventenvelopereference.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plugin.model.event import Resource
from plugin.ons import identifiers, read
from plugin.ons.message import Message
from plugin.ons.read import Body, Reader

# The principal in `data.identity`, whose `credentials` and `consoleSessionId` are never read.
# https://docs.oracle.com/en-us/iaas/Content/Audit/Reference/logeventreference.htm
ACTOR_KEYS = ("principalName", "callerName", "principalId")
PARENTS = ("dbUniqueName", "dbName", "displayName", "targetName", "targetNames")  # details that name a resource's parent
MIN_NAME = 4  # characters; a shorter name could be in the type by chance
MIN_ERROR_STATUS = "400"  # the lowest HTTP status of a refused or failed call


def event_type(body: Body) -> str:
    """Return the event type in lower case, for example `com.oraclecloud.computeapi.instanceaction.end`, or "".

    Oracle's documentation is inconsistent in its case.
    """
    value = body.get("eventType")
    return read.clean(value).lower() if isinstance(value, str) else ""


def details(data: Reader, expected: Iterable[str] = ()) -> dict[str, str]:
    """Return the texts of `additionalDetails`, an object or a list of objects, sorted by name.

    An object, or JSON text of one, becomes an entry for each field ("problem.CVEs"); a list, and deeper values, are joined. A
    value in `expected` that is no text is noted as unreadable.
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
    """Return the resource of an event, or None.

    A name that only repeats the event type ("Automatic Backup") is replaced by the parent's name.
    """
    resource_id, name = _resource_id(data), data.text("resourceName")
    if not identifiers.resource_type(resource_id) and identifiers.resource_type(details.get("id", "")):
        resource_id = details["id"]
    if identifiers.is_placeholder(name) or _repeats_type(name, event_type):
        own = "" if identifiers.is_placeholder(name) else name
        name = next((details[key] for key in PARENTS if details.get(key)), own)
    return Resource(identifiers.lower(resource_id), name or resource_id) if resource_id or name else None


def _resource_id(data: Reader) -> str:
    resource_id = data.text("resourceId")
    return "" if identifiers.is_placeholder(resource_id) else resource_id


def _repeats_type(name: str, event_type: str) -> bool:
    return len(name) >= MIN_NAME and "".join(filter(str.isalnum, name)).lower() in event_type.lower().replace(".", "")


def actor(data: Reader) -> tuple[str, str]:
    """Return the principal and its source address, each "" if missing."""
    identity = data.object("identity")
    return identity.text(*ACTOR_KEYS), identity.text("ipAddress")


def current(data: Reader) -> Reader:
    """Return a reader of the current state in a state change."""
    return data.object("stateChange").object("current")


def is_refused(data: Reader) -> bool:
    """Say whether the API call of an event was refused or failed."""
    status = data.object("response").text("status") if isinstance(data.body.get("response"), dict) else ""
    return len(status) == len(MIN_ERROR_STATUS) and status.isdecimal() and status >= MIN_ERROR_STATUS


def refusal(data: Reader) -> str:
    """Return why an API call was refused or failed ("404 Not found"), or ""."""
    response = data.object("response")
    return f"{response.text('status')} {response.text('message')}".strip()


def info(message: Message, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the additional_info that event rules match on; `extra` are fields of the kind."""
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
        **{key: value for key, value in extra.items() if value},
    }
