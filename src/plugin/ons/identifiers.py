"""Identifiers: what an Oracle Cloud identifier (OCID) tells of itself, and keys for what has none.

`ocid1.<type>.<realm>.[region].<unique>`: https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from plugin.ons import read
from plugin.ons.read import Body

REGIONS = {  # Oracle's first regions stand in OCIDs by their key, all later ones by their identifier
    "iad": "us-ashburn-1",
    "phx": "us-phoenix-1",
    "fra": "eu-frankfurt-1",
    "lhr": "uk-london-1",
}
OWNER_KEYS = ("tenancyId", "tenantId", "compartmentId")  # a root compartment has its tenancy's OCID
MAX_OCID = 40  # characters of an OCID in a line
NOTHING = {"", "not applicable", "n/a", "na", "none", "null", "unknown", "-"}
OCID_END = 8  # characters of an OCID's unique part, which tell it from others of its kind and region


def resource_type(ocid: str) -> str:
    """Return "tenancy", "instance", "alarm" …, or "" for what is no OCID."""
    if ocid[:6].lower() != "ocid1.":
        return ""
    parts = ocid.lower().split(".", 4)
    return parts[1] if len(parts) == 5 else ""


def region(ocid: str) -> str:
    """Return the region's identifier ("ap-seoul-1"), or "" if the OCID names none."""
    parts = ocid.lower().split(".")
    if not resource_type(ocid) or not parts[3].replace("-", "").isalnum():
        return ""
    return REGIONS.get(parts[3], parts[3])


def realm(ocid: str) -> str:
    """Return the realm ("oc1"), or "" for what is no OCID."""
    return ocid.lower().split(".")[2] if resource_type(ocid) else ""


def is_nothing(identifier: str) -> bool:
    """Say whether a service wrote that it has no identifier or no name."""
    return identifier.strip().lower() in NOTHING


def first_named(texts: Mapping[str, str], keys: Iterable[str]) -> str:
    """Return the first of these texts that says something, and is not a word for nothing."""
    for key in keys:
        if (value := texts.get(key)) and not is_nothing(value):
            return value
    return ""


def lower(identifier: str) -> str:
    """Return an OCID in lower case, as Oracle's API and so the inventory has it; anything else as it is."""
    return identifier.lower() if resource_type(identifier) else identifier


def shorten_ocid(identifier: str) -> str:
    """Return a long OCID without the middle of its unique part; anything else as it is."""
    if len(identifier) <= MAX_OCID or not resource_type(identifier):
        return identifier
    place, _, unique = identifier.rpartition(".")
    return f"{place}.…{unique[-OCID_END:]}"


def tenancy(*places: Body) -> str:
    """Return the first tenancy OCID that these objects name, or "". A compartment is never taken for one."""
    for place in places:
        for key in OWNER_KEYS:
            if place.get(key) and resource_type(ocid := read.text(place, key)) == "tenancy":
                return ocid
    return ""


def digest(*identity: str) -> str:
    """Return the SHA-256 of some texts in hexadecimal; where one ends and the next begins counts."""
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()
