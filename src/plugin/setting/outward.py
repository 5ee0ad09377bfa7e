"""Check the environment variables that outward calls go by: proxies and certificate authorities."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment
from plugin.setting.environment import Environ

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def check(environ: Environ) -> None:
    """Raise ERROR_ENVIRONMENT for the first variable with which every call would fail."""
    for name in (*PROXIES, *map(str.lower, PROXIES)):
        value = environment.text(environ, name)
        if value and not _is_proxy(value if "://" in value else f"http://{value}"):
            raise ERROR_ENVIRONMENT(name, "http:// or https:// with the host and port of a proxy expected")
    file, directory = environment.text(environ, "SSL_CERT_FILE"), environment.text(environ, "SSL_CERT_DIR")
    try:
        if file or directory:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file or None, directory or None)
    except OSError:  # ssl.SSLError too
        variable = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
        raise ERROR_ENVIRONMENT(variable, "readable PEM certificates of authorities expected") from None


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
