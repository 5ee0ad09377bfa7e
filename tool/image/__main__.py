"""Build the image on a stand-in for its base, run it as SpaceONE's supervisor does, and print what came of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from image import build, contents, trial


def main() -> int:
    """Return the exit status: 1 if the image holds what it must not, or a step of the trial failed."""
    print("build", flush=True)
    name = build.image()
    print(f"  {name}, on Debian's packages instead of the base that the Dockerfile names")
    print("contents")
    config = build.config(name)
    with tempfile.TemporaryDirectory() as directory:
        good = contents.show(build.layers(name, Path(directory)), config["Labels"])
    print("trial: no arguments, read-only, without capabilities and network", flush=True)
    return int(not (trial.run(name, config["Healthcheck"]["Test"][1:]) and good))


if __name__ == "__main__":
    raise SystemExit(main())
