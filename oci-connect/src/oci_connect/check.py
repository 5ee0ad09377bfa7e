"""Validate the command line before any call to OCI: each check returns the value or raises UsageError."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from oci_connect.error import UsageError

MAX_TAG_KEY, MAX_TAG_VALUE = 100, 256
MAX_OPTION_TAGS = 7  # of the 10 that OCI takes: a topic has up to three of oci-connect
_OCID = re.compile(r"ocid1\.([a-z0-9]+)\.[a-z0-9-]+\.[a-z0-9-]*(?:\.[a-z0-9-]+)?\.[A-Za-z0-9_-]+", re.ASCII)
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d+", re.ASCII)
_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
_PRIVATE_SUFFIXES = (".local", ".localhost", ".internal", ".lan", ".home", ".svc", ".cluster", ".corp", ".intranet")


def webhook_url(url: str, source: str) -> str:
    """Return a URL that ONS can deliver to. https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm"""
    if reason := _wrong_url(url):
        raise UsageError(f"{source}: {reason}.")
    return url


def _wrong_url(url: str) -> str:
    if not url:
        return "it is empty"
    if any(c.isspace() or not c.isprintable() for c in url):
        return "the URL has a space or a control character in it"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "this is no URL"
    if parts.scheme != "https":
        return "the URL must begin with https://, because ONS delivers to nothing else"
    if not host:
        return "the URL has no host"
    if "?" in url or "#" in url:
        return "the URL must have no query (?…) and no fragment (#…): ONS does not take them"
    if _is_private(host):
        return f"ONS delivers from the internet, and {host} is a private host: use SpaceONE's public URL, or the relay's"
    return ""


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host.strip(".") or host.rstrip(".").endswith(_PRIVATE_SUFFIXES)


def ocid(value: str, field: str, *types: str) -> str:
    """Return an OCID of one of these types. https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm"""
    found = _OCID.fullmatch(value)
    if found and found[1] in types:
        return value
    got = f"this is one of type {found[1]}" if found else "this is none"
    raise UsageError(f"{field}: an OCID of type {' or '.join(types)} expected (ocid1.{types[0]}.…), and {got}.")


def region(value: str) -> str:
    """Return the name of a region."""
    if not _REGION.fullmatch(value):
        raise UsageError("--region: the name of a region expected, such as ap-seoul-1.")
    return value


def endpoint(value: str) -> str:
    """Return the URL of a private endpoint."""
    try:
        parts = urlsplit(value)
        if parts.scheme in ("https", "http") and parts.hostname:
            return value
    except ValueError:
        pass
    raise UsageError("--endpoint: a URL expected, such as https://oci.example.com/{region}.")


def topic_name(value: str) -> str:
    """Return a name that a topic may have."""
    if not _TOPIC_NAME.fullmatch(value):
        raise UsageError("--name: 1 to 256 letters, digits, - or _ expected.")
    return value


def tags(freeform: Sequence[str], defined: Sequence[str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the free-form and defined tags of the command line, in OCI's form."""
    spaces: dict[str, dict[str, str]] = {}
    for key, value in (_pair(each, "--defined-tag", "NAMESPACE.KEY=VALUE") for each in defined):
        namespace, dot, name = key.partition(".")
        if not (namespace and dot and name):
            raise UsageError("--defined-tag: NAMESPACE.KEY=VALUE expected.")
        spaces.setdefault(namespace, {})[name] = value
    tags = dict(_pair(each, "--freeform-tag", "KEY=VALUE") for each in freeform)
    if len(tags) > MAX_OPTION_TAGS:
        raise UsageError(f"--freeform-tag: OCI takes {MAX_OPTION_TAGS} beside those of oci-connect.")
    return tags, spaces


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals) or len(key) > MAX_TAG_KEY or len(value) > MAX_TAG_VALUE:
        raise UsageError(f"{option}: {form} expected, of at most {MAX_TAG_KEY} and {MAX_TAG_VALUE} characters.")
    if key.startswith("oci-connect-"):
        raise UsageError(f"{option}: names that begin with oci-connect- belong to oci-connect.")
    return key, value
