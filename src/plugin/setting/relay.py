"""Settings of the relay, which only the environment has."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

import bcrypt

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment
from plugin.setting.environment import Environ

DEFAULT_PORT = 8080
DEFAULT_STATUS_PORT = 8081
ENVELOPE, BODY = "envelope", "body"
HASH = re.compile(r"\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}")
EXPECTED_USERS = "user:bcrypt hash, separated by commas, expected"
HIGHEST_COST = 13  # of a hash; a comparison takes a second or more, and each further step doubles it


@dataclass(frozen=True)
class RelaySettings:
    """Where messages are handed on to, and who may deliver them.

    `users` maps names to bcrypt hashes; an empty mapping lets anybody deliver. `proxies` are addresses and networks whose
    X-Forwarded-For is believed.
    """

    url: str
    format: str
    users: Mapping[str, bytes]
    tls: ssl.SSLContext
    port: int = DEFAULT_PORT
    status_port: int = DEFAULT_STATUS_PORT
    proxies: tuple[str, ...] = ()


def from_environment(environ: Environ) -> RelaySettings:
    """Return the settings; raise ERROR_ENVIRONMENT for the first bad one."""
    settings = RelaySettings(
        format=environment.choice(environ, "RELAY_FORMAT", (ENVELOPE, BODY), ENVELOPE),
        port=environment.port(environ, "RELAY_PORT") or DEFAULT_PORT,
        status_port=environment.port(environ, "RELAY_STATUS_PORT") or DEFAULT_STATUS_PORT,
        url=_url(environ),
        users=_users(environ),
        proxies=_proxies(environ),
        tls=_tls(environ),
    )
    if settings.port == settings.status_port:
        raise ERROR_ENVIRONMENT("RELAY_STATUS_PORT", "another port than that of deliveries (RELAY_PORT) expected")
    return settings


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
    """Read `user:hash,user:hash`, where each hash is one of bcrypt. A value that names no user is an error, not "anybody"."""
    if "RELAY_USERS" not in environ:
        return {}
    users: dict[str, bytes] = {}
    for pair in filter(None, (pair.strip() for pair in environ["RELAY_USERS"].split(","))):
        user, _, password_hash = pair.partition(":")
        if user.strip() != user or not user or user in users or not _is_hash(password_hash):
            raise ERROR_ENVIRONMENT("RELAY_USERS", EXPECTED_USERS)
        users[user] = password_hash.encode()
    if not users:
        raise ERROR_ENVIRONMENT("RELAY_USERS", f"{EXPECTED_USERS}; to let anybody deliver, do not set it")
    return users


def _is_hash(text: str) -> bool:
    """Say whether bcrypt can compare with it; raise ERROR_ENVIRONMENT if that would take too long."""
    match = HASH.fullmatch(text)
    if match and int(match[1]) > HIGHEST_COST:
        raise ERROR_ENVIRONMENT("RELAY_USERS", f"bcrypt hashes of a cost of at most {HIGHEST_COST} expected")
    try:
        return bool(match) and bcrypt.checkpw(b"", text.encode()) is not None
    except ValueError:
        return False


def _proxies(environ: Environ) -> tuple[str, ...]:
    """Read addresses and networks, separated by commas."""
    try:
        networks = filter(None, (each.strip() for each in environment.text(environ, "RELAY_PROXIES").split(",")))
        return tuple(str(ip_network(each)) for each in networks)
    except ValueError:
        raise ERROR_ENVIRONMENT("RELAY_PROXIES", "addresses or networks, separated by commas, expected") from None


def _tls(environ: Environ) -> ssl.SSLContext:
    file = environment.text(environ, "RELAY_CA_FILE") or None
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError):
        raise ERROR_ENVIRONMENT("RELAY_CA_FILE", "a readable file of PEM certificates expected") from None
