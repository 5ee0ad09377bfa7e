"""The account of an event: the tenancy where a message has one, else the compartment."""

from __future__ import annotations

from plugin.ons import ocid, read
from plugin.ons.read import Body

TENANCY = ("tenancyId", "tenantId")
COMPARTMENT = ("compartmentId",)


def account(*places: Body) -> str:
    """Return the tenancy OCID found in these objects, else the compartment OCID, else ""."""
    compartment = _first(places, COMPARTMENT)
    return _first(places, TENANCY) or compartment


def _first(places: tuple[Body, ...], keys: tuple[str, ...]) -> str:
    for place in places:
        for key in keys:
            if place.get(key) and ocid.resource_type(found := read.text(place, key)):
                return found
    return ""
