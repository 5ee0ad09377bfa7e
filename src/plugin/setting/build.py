"""Name and version of the plugin."""

from __future__ import annotations

import functools
from importlib import metadata
from pathlib import Path

NAME = "plugin-oci-ons-mon-webhook"


@functools.lru_cache(maxsize=1)
def version() -> str:
    """Return the version of the plugin."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:  # not installed: run from the repository
        return (Path(__file__).parents[2] / "VERSION").read_text(encoding="utf-8").strip()
