"""What an Oracle Cloud identifier (OCID) tells of itself.

`ocid1.<type>.<realm>.[region].<unique>`: https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm
"""

from __future__ import annotations

REGIONS = {  # Oracle's first regions stand in OCIDs by their key, all later ones by their identifier
    "iad": "us-ashburn-1",
    "phx": "us-phoenix-1",
    "fra": "eu-frankfurt-1",
    "lhr": "uk-london-1",
}


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
