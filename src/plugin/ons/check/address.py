r"""Which URLs belong to Oracle's Notification Service (protection against SSRF).

One pattern matches the whole URL before any parser sees it, because parsers disagree on URLs such as
`https://evil\@notification…`.
https://docs.oracle.com/en-us/iaas/Content/General/Concepts/regions.htm
"""

from __future__ import annotations

import functools
import re
from typing import Any, NewType

from plugin.error import ERROR_CONFIRMATION_URL, ERROR_SIGNATURE
from plugin.ons import identifiers

# Only this module creates values of these types, and the connector accepts no others.
ConfirmationUrl = NewType("ConfirmationUrl", str)
CertificateUrl = NewType("CertificateUrl", str)

REALM_DOMAINS = {
    "oc1": "oraclecloud.com",
    "oc2": "oraclegovcloud.com",
    "oc3": "oraclegovcloud.com",
    "oc4": "oraclegovcloud.uk",
    "oc8": "oraclecloud8.com",
    "oc9": "oraclecloud9.com",
    "oc10": "oraclecloud10.com",
    "oc14": "oraclecloud14.com",
    "oc15": "oraclecloud15.com",
    "oc19": "oraclecloud.eu",
    "oc20": "oraclecloud20.com",
    "oc21": "oraclecloud21.com",
    "oc23": "oraclecloud23.com",
    "oc24": "oraclecloud24.com",
    "oc26": "oraclecloud26.com",
    "oc29": "oraclecloud29.com",
    "oc35": "oraclecloud35.com",
    "oc42": "oraclecloud42.com",
    "oc51": "oraclecloud51.com",
    "oc52": "oraclecloud52.com",
}

_REGION = r"([a-z]{2,10}(?:-[a-z0-9]{1,20}){1,4})"
_SERVICE = rf"https://(?:cell[0-9]{{1,3}}\.)?notification\.{_REGION}\.(?:oci\.)?"
_VALUE = r"[A-Za-z0-9+/=_.~%-]{1,4096}"
_SUBSCRIPTION = r"(ocid1\.(?:ons)?subscription\.[A-Za-z0-9._-]{1,255})"

# The unsubscribe link differs only in the last word of its path, and opening it deletes the subscription.
_CONFIRMATION = rf"/20181201/subscriptions/{_SUBSCRIPTION}/confirmation\?token={_VALUE}(?:&[A-Za-z]{{1,40}}={_VALUE}){{0,4}}"

# Object Storage serves anybody's files, so Oracle's bucket is part of the pattern.
_BUCKET = r"/p/[A-Za-z0-9_-]{1,200}/n/bmc-ons-prod/b/ons-ds/o/[A-Za-z0-9._-]{1,200}\.crt"
_STORAGE = rf"https://objectstorage\.{_REGION}\."
_PATH = (
    r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,200}){1,20}(?<=\.crt|\.pem)"  # without %, which could hide a path from the pattern
)

_KNOWN_REGION = re.compile(r"[a-z]+(-[a-z0-9]+)+")  # anything else is an unknown region key


def confirmation(url: str, extra_domains: tuple[str, ...] = ()) -> ConfirmationUrl:
    """Return the link to open, or raise ERROR_CONFIRMATION_URL. `&amp;` is unescaped: links are copied from HTML too."""
    unescaped = url.replace("&amp;", "&")
    match = _confirmations(extra_domains).fullmatch(unescaped)
    if not match or not _is_of(match[3], match[1], match[2], extra_domains):
        raise ERROR_CONFIRMATION_URL()
    return ConfirmationUrl(unescaped)


def certificate(url: Any, extra_domains: tuple[str, ...] = (), topic_id: str = "") -> CertificateUrl:
    """Return the certificate's URL if its host is in the topic's realm and region, or raise ERROR_SIGNATURE."""
    if not isinstance(url, str):
        raise ERROR_SIGNATURE(reason="signingCertURL: text expected")
    match = next((found for each in _certificates(extra_domains) if (found := each.fullmatch(url))), None)
    if not match:
        raise ERROR_SIGNATURE(reason="signingCertURL is not an address of Oracle's Notification Service")
    if topic_id and not _is_of(topic_id, match[1], match[2], extra_domains):
        raise ERROR_SIGNATURE(reason="signingCertURL is of another realm or region than the topic")
    return CertificateUrl(url)


@functools.lru_cache(maxsize=64)
def _confirmations(extra_domains: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_SERVICE + _domain(extra_domains) + _CONFIRMATION, re.ASCII)


@functools.lru_cache(maxsize=64)
def _certificates(extra_domains: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    domain = _domain(extra_domains)
    return re.compile(_SERVICE + domain + _PATH, re.ASCII), re.compile(_STORAGE + domain + _BUCKET, re.ASCII)


def _domain(extra_domains: tuple[str, ...]) -> str:
    domains = sorted({*REALM_DOMAINS.values(), *extra_domains})
    return f"({'|'.join(map(re.escape, domains))})"


def _is_of(ocid: str, region: str, domain: str, extra_domains: tuple[str, ...]) -> bool:
    """Say whether an OCID is in the domain's realm, and in the region if the OCID names one."""
    realm, own_region = identifiers.realm(ocid), identifiers.region(ocid)
    of_realm = domain == REALM_DOMAINS[realm] if realm in REALM_DOMAINS else domain in extra_domains
    return of_realm and (own_region == region or not _KNOWN_REGION.fullmatch(own_region))
