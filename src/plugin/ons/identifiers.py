"""Identifiers: the parts of an Oracle Cloud identifier (OCID), and hashes for messages without one.

`ocid1.<type>.<realm>.[region].<unique>`: https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from plugin.ons import read
from plugin.ons.read import Body

REGIONS = {  # OCIDs of Oracle's first regions have their key, those of later regions the identifier
    "iad": "us-ashburn-1",
    "phx": "us-phoenix-1",
    "fra": "eu-frankfurt-1",
    "lhr": "uk-london-1",
}
TENANCY_KEYS = ("tenancyId", "tenantId", "compartmentId")  # a root compartment has its tenancy's OCID
MAX_OCID = 40  # characters of an OCID in a line
PLACEHOLDERS = {"", "not applicable", "n/a", "na", "none", "null", "unknown", "-"}
OCID_END = 8  # characters kept of the unique part


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


def is_placeholder(identifier: str) -> bool:
    """Say whether a value is a placeholder for a missing identifier or name."""
    return identifier.strip().lower() in PLACEHOLDERS


def first_named(texts: Mapping[str, str], keys: Iterable[str]) -> str:
    """Return the first of these texts that is neither missing nor a placeholder."""
    for key in keys:
        if (value := texts.get(key)) and not is_placeholder(value):
            return value
    return ""


def lower(identifier: str) -> str:
    """Return an OCID in lower case, as Oracle's API and the inventory write it; anything else unchanged."""
    return identifier.lower() if resource_type(identifier) else identifier


def shorten_ocid(identifier: str) -> str:
    """Return a long OCID with its unique part shortened; anything else unchanged."""
    if len(identifier) <= MAX_OCID or not resource_type(identifier):
        return identifier
    place, _, unique = identifier.rpartition(".")
    return f"{place}.…{unique[-OCID_END:]}"


def tenancy(*places: Body) -> str:
    """Return the first tenancy OCID in these objects, or "". A compartment OCID does not count."""
    for place in places:
        for key in TENANCY_KEYS:
            if place.get(key) and resource_type(ocid := read.text(place, key)) == "tenancy":
                return ocid
    return ""


def digest(*identity: str) -> str:
    """Return the SHA-256 of some texts in hexadecimal; ("ab", "c") and ("a", "bc") differ."""
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()
