"""Settings of the relay, read from the environment."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment
from plugin.setting.environment import Environ

ENVELOPE, BODY = "envelope", "body"
MIN_PREFIX = {4: 8, 6: 7}  # of RELAY_PROXIES: 10.0.0.0/8 and fc00::/7 are the largest private networks
HASH = re.compile(r"sha256\$([0-9a-f]{64})")
EXPECTED_USERS = "user:sha256$HEX, separated by commas, expected; bin/relay password makes a line"


@dataclass(frozen=True)
class RelaySettings:
    """The webhook's URL, and the users that may deliver.

    `users` maps names to the SHA-256 of their passwords; an empty mapping lets anybody deliver. `proxies` are addresses and
    networks whose X-Forwarded-For is trusted.
    """

    url: str
    format: str
    users: Mapping[str, bytes]
    tls: ssl.SSLContext
    port: int = 8080
    status_port: int = 8081
    proxies: tuple[str, ...] = ()


def from_environment(environ: Environ) -> RelaySettings:
    """Return the settings; raise ERROR_ENVIRONMENT for the first bad one."""
    settings = RelaySettings(
        format=environment.choice(environ, "RELAY_FORMAT", (ENVELOPE, BODY), ENVELOPE),
        port=environment.port(environ, "RELAY_PORT") or RelaySettings.port,
        status_port=environment.port(environ, "RELAY_STATUS_PORT") or RelaySettings.status_port,
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
    """Read `user:sha256$HEX,user:sha256$HEX`. A value without users is an error (fails closed)."""
    if "RELAY_USERS" not in environ:
        return {}
    users: dict[str, bytes] = {}
    for pair in filter(None, (pair.strip() for pair in environ["RELAY_USERS"].split(","))):
        user, _, password_hash = pair.partition(":")
        match = HASH.fullmatch(password_hash.lower())
        if user.strip() != user or not user or user in users or not match:
            raise ERROR_ENVIRONMENT("RELAY_USERS", EXPECTED_USERS)
        users[user] = bytes.fromhex(match[1])
    if not users:
        raise ERROR_ENVIRONMENT("RELAY_USERS", f"{EXPECTED_USERS}; to let anybody deliver, do not set it")
    return users


def _proxies(environ: Environ) -> tuple[str, ...]:
    """Read addresses and networks, separated by commas. A larger network would trust forged addresses of senders."""
    try:
        texts = filter(None, (each.strip() for each in environment.text(environ, "RELAY_PROXIES").split(",")))
        networks = [ip_network(each) for each in texts]
    except ValueError:
        raise ERROR_ENVIRONMENT("RELAY_PROXIES", "addresses or networks, separated by commas, expected") from None
    if any(network.prefixlen < MIN_PREFIX[network.version] for network in networks):
        raise ERROR_ENVIRONMENT("RELAY_PROXIES", "the addresses of the proxies, in networks of /8 (IPv6: /7) at most, expected")
    return tuple(map(str, networks))


def _tls(environ: Environ) -> ssl.SSLContext:
    file = environment.text(environ, "RELAY_CA_FILE") or None
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError):
        raise ERROR_ENVIRONMENT("RELAY_CA_FILE", "a readable file of PEM certificates expected") from None
