"""Check the environment variables of outgoing calls: proxies and certificate authorities."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment
from plugin.setting.environment import Environ

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")  # OpenSSL's file names in a certificate directory


def check(environ: Environ, can_call: Callable[[], bool]) -> None:
    """Raise ERROR_ENVIRONMENT for the first variable that would make every call fail.

    `can_call` says whether the HTTP client can be created; it reads the environment of the process.
    """
    for name in (*PROXIES, *map(str.lower, PROXIES)):
        value = environment.text(environ, name)
        if value and not _is_proxy(value if "://" in value else f"http://{value}"):
            raise ERROR_ENVIRONMENT(name, "http:// or https:// with the host and port of a proxy expected")
    for name in ("NO_PROXY", "no_proxy"):
        if environment.text(environ, name) and not can_call():
            raise ERROR_ENVIRONMENT(name, "hosts and IPv4 networks, separated by commas, expected")
    file, directories = environment.text(environ, "SSL_CERT_FILE"), environment.text(environ, "SSL_CERT_DIR")
    try:
        if file:  # then the HTTP client ignores SSL_CERT_DIR
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
        elif directories and not any(map(_has_authorities, directories.split(os.pathsep))):
            raise ERROR_ENVIRONMENT("SSL_CERT_DIR", "a directory of certificates, as `openssl rehash` makes it, expected")
    except OSError:  # ssl.SSLError too
        raise ERROR_ENVIRONMENT("SSL_CERT_FILE", "readable PEM certificates of authorities expected") from None


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")  # as the DNS look-up does
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        return is_complete and url.isprintable() and " " not in url
    except ValueError:
        return False


def _has_authorities(directory: str) -> bool:
    try:
        return any(map(_HASHED.fullmatch, os.listdir(directory)))
    except OSError:
        return False
