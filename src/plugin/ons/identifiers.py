"""Identifiers: what an Oracle Cloud identifier (OCID) tells of itself, and keys for what has none.

`ocid1.<type>.<realm>.[region].<unique>`: https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm
"""

from __future__ import annotations

import hashlib
import json

from plugin.ons import read
from plugin.ons.read import Body

REGIONS = {  # Oracle's first regions stand in OCIDs by their key, all later ones by their identifier
    "iad": "us-ashburn-1",
    "phx": "us-phoenix-1",
    "fra": "eu-frankfurt-1",
    "lhr": "uk-london-1",
}
TENANCY_KEYS = ("tenancyId", "tenantId")
COMPARTMENT_KEYS = ("compartmentId",)


def resource_type(ocid: str) -> str:
    """Return "tenancy", "instance", "alarm" …, or "" for what is no OCID."""
    parts = ocid.lower().split(".")
    return parts[1] if parts[0] == "ocid1" and len(parts) >= 5 else ""


def region(ocid: str) -> str:
    """Return the region's identifier ("ap-seoul-1"), or "" if the OCID names none."""
    parts = ocid.lower().split(".")
    if not resource_type(ocid) or not parts[3].replace("-", "").isalnum():
        return ""
    return REGIONS.get(parts[3], parts[3])


def account(*places: Body) -> str:
    """Return the tenancy OCID found in these objects, else the compartment OCID, else ""."""
    compartment = _first_ocid(places, COMPARTMENT_KEYS)
    return _first_ocid(places, TENANCY_KEYS) or compartment


def digest(*identity: str) -> str:
    """Return the SHA-256 of some texts in hexadecimal; where one ends and the next begins counts."""
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _first_ocid(places: tuple[Body, ...], keys: tuple[str, ...]) -> str:
    for place in places:
        for key in keys:
            if place.get(key) and resource_type(ocid := read.text(place, key)):
                return ocid
    return ""
