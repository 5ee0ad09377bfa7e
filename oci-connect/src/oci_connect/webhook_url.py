"""Read the secret webhook URL, and redact it."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from oci_connect import check
from oci_connect.error import UsageError

VARIABLE = "SPACEONE_WEBHOOK_URL"
WORDS = ("monitoring", "webhook")  # of SpaceONE's path, and of our sentences
ANY_URL = re.compile(r"(https?:/+)(?:[^\s/'\"]*@)?([^\s/'\"]+/)[^\s'\"]+")
SEEN_BY_PS = f"The webhook URL is secret, and `ps` shows a command line to everybody: set {VARIABLE} or use --webhook-url-file."


def find(argument: str | None, file: str | None, *, is_needed: bool = True) -> str:
    """Return the webhook URL of the command line, a file, the environment or a prompt; raise UsageError if it is missing."""
    if argument is not None:
        return check.webhook_url(argument, "--webhook-url")
    if file is not None:
        return check.webhook_url(_read(file), "--webhook-url-file")
    if VARIABLE in os.environ:
        return check.webhook_url(os.environ[VARIABLE].strip(), VARIABLE)
    if not is_needed:
        return ""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        raise UsageError(f"The webhook URL is missing: set {VARIABLE}, or name a file with --webhook-url-file.")
    return check.webhook_url(getpass.getpass("Webhook URL (it is not shown): ").strip(), "Webhook URL")


def _read(file: str) -> str:
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"--webhook-url-file: {file} cannot be read as text.") from e


def label(url: str) -> str:
    """Return a printable label of a URL: its host and a short hash."""
    if not url:
        return "to the webhook URL, which is not given yet"
    try:
        host = urlsplit(url).hostname or "?"
    except ValueError:
        host = "?"
    return f"{host} (URL #{hashlib.sha256(url.encode()).hexdigest()[:6]})"


def redact(text: str, url: str) -> str:
    """Return a text without this URL and the longer parts of its path, such as the access key.

    The paths of other URLs are removed too, because the webhook URL may have been typed in the wrong place.
    """
    parts = [part for part in re.split(r"[/@:]", url.partition("://")[2])[1:] if len(part) > 6 and part not in WORDS]
    for secret in [url, *parts] if url else ():
        text = text.replace(secret, "…")
    return ANY_URL.sub(r"\1\2…", text)
