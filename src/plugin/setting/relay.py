"""Settings of the relay, which only the environment has."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import bcrypt

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment
from plugin.setting.environment import Environ

DEFAULT_PORT = 8080
ENVELOPE, BODY = "envelope", "body"


@dataclass(frozen=True)
class RelaySettings:
    """Where messages are handed on to, and who may deliver them.

    `users` maps names to bcrypt hashes; an empty mapping lets anybody deliver.
    """

    url: str
    format: str
    users: Mapping[str, bytes]
    tls: ssl.SSLContext
    port: int


def from_environment(environ: Environ) -> RelaySettings:
    """Return the settings; raise ERROR_ENVIRONMENT for the first bad one."""
    return RelaySettings(
        format=environment.choice(environ, "RELAY_FORMAT", (ENVELOPE, BODY), ENVELOPE),
        port=environment.port(environ, "RELAY_PORT") or DEFAULT_PORT,
        url=_url(environ),
        users=_users(environ),
        tls=_tls(environ),
    )


def _url(environ: Environ) -> str:
    url = environment.text(environ, "SPACEONE_WEBHOOK_URL")
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("https", "http") and parts.hostname and (parts.port or 1)
    except ValueError:
        valid = None
    if not valid or not url.isascii() or not url.isprintable():
        raise ERROR_ENVIRONMENT("SPACEONE_WEBHOOK_URL", "the URL of a webhook in SpaceONE expected")
    return url


def _users(environ: Environ) -> dict[str, bytes]:
    """Read `user:hash,user:hash`, where each hash is one of bcrypt."""
    users = {}
    try:
        for pair in filter(None, (pair.strip() for pair in environ.get("RELAY_USERS", "").split(","))):
            user, _, password_hash = pair.partition(":")
            bcrypt.checkpw(b"", password_hash.encode())
            if not user:
                raise ValueError("no user")
            users[user] = password_hash.encode()
    except ValueError:
        raise ERROR_ENVIRONMENT("RELAY_USERS", "user:bcrypt hash, separated by commas, expected") from None
    return users


def _tls(environ: Environ) -> ssl.SSLContext:
    file = environment.text(environ, "RELAY_CA_FILE") or None
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError):
        raise ERROR_ENVIRONMENT("RELAY_CA_FILE", "a readable file of PEM certificates expected") from None
