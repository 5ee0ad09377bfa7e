"""SpaceONE monitoring webhook plugin for Oracle Cloud (OCI): ONS messages in, SpaceONE events out."""

import functools
import os
from importlib import metadata
from pathlib import Path

# Set before gRPC is imported: otherwise its C core logs a line for each refused call.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

NAME = "plugin-oci-ons-mon-webhook"


@functools.lru_cache(maxsize=1)
def version() -> str:
    """Return the version of the plugin."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:  # not installed: run from the repository
        return (Path(__file__).parents[1] / "VERSION").read_text(encoding="utf-8").strip()
