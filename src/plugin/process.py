"""The settings of the process, which only the environment has."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from plugin.error import ERROR_ENVIRONMENT

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATS = ("text", "json")
NAME = "plugin-oci-ons-mon-webhook"


@dataclass(frozen=True)
class Process:
    """How the process logs, and where it serves /health and /metrics (None: nowhere)."""

    log_level: str = "INFO"
    log_format: str = "text"
    http_port: int | None = None


def from_environment(environ: Mapping[str, str]) -> Process:
    """Return the settings; raise ERROR_ENVIRONMENT for the first bad one."""
    level = environ.get("ONS_LOG_LEVEL", "").strip().upper() or Process.log_level
    if level not in LEVELS:
        raise ERROR_ENVIRONMENT("ONS_LOG_LEVEL", f"one of {', '.join(LEVELS)} expected")
    form = environ.get("ONS_LOG_FORMAT", "").strip().lower() or Process.log_format
    if form not in FORMATS:
        raise ERROR_ENVIRONMENT("ONS_LOG_FORMAT", f"one of {', '.join(FORMATS)} expected")
    return Process(level, form, port(environ, "ONS_HTTP_PORT"))


def port(environ: Mapping[str, str], variable: str) -> int | None:
    """Return the port that a variable holds, or None if it is not set; raise ERROR_ENVIRONMENT for what is none."""
    text = environ.get(variable, "").strip()
    if text and not (text.isascii() and text.isdecimal() and 0 < int(text) < 65536):
        raise ERROR_ENVIRONMENT(variable, "a port from 1 to 65535 expected")
    return int(text) if text else None


@functools.lru_cache(maxsize=1)
def version() -> str:
    """Return the version of the plugin."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:  # run from the repository
        return (Path(__file__).parent.parent / "VERSION").read_text(encoding="utf-8").strip()
