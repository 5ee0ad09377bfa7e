"""The relay's settings, which only the environment has."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from plugin import process, relay_user
from plugin.error import ERROR_ENVIRONMENT

DEFAULT_PORT = 8080
ENVELOPE, BODY = "envelope", "body"


@dataclass(frozen=True)
class Settings:
    """Where to hand messages on to, and who may deliver them. `users`: name to bcrypt hash; empty: anybody."""

    url: str
    format: str
    users: Mapping[str, bytes]
    tls: ssl.SSLContext
    port: int


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Return the settings; raise ERROR_ENVIRONMENT for the first bad one."""
    form = environ.get("RELAY_FORMAT", "").strip() or ENVELOPE
    if form not in (ENVELOPE, BODY):
        raise ERROR_ENVIRONMENT("RELAY_FORMAT", f"{ENVELOPE} or {BODY} expected")
    port = process.port(environ, "RELAY_PORT") or DEFAULT_PORT
    return Settings(_url(environ), form, _users(environ), _tls(environ), port)


def _url(environ: Mapping[str, str]) -> str:
    url = environ.get("SPACEONE_WEBHOOK_URL", "").strip()
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("https", "http") and parts.hostname and (parts.port or 1)
    except ValueError:
        good = None
    if not good or not url.isascii() or not url.isprintable():
        raise ERROR_ENVIRONMENT("SPACEONE_WEBHOOK_URL", "the URL of a webhook in SpaceONE expected")
    return url


def _users(environ: Mapping[str, str]) -> dict[str, bytes]:
    try:
        return relay_user.users(environ.get("RELAY_USERS", ""))
    except ValueError:
        raise ERROR_ENVIRONMENT("RELAY_USERS", "user:bcrypt hash, separated by commas, expected") from None


def _tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    file = environ.get("RELAY_CA_FILE", "").strip() or None
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError):
        raise ERROR_ENVIRONMENT("RELAY_CA_FILE", "a readable file of PEM certificates expected") from None
