"""Build the image on a stand-in for its base, run it as SpaceONE's supervisor does, and print the results."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from image import build, contents, trial


def main() -> int:
    """Return the exit status: 1 if the image has forbidden files, or a step of the trial failed."""
    with _step(f"base: Debian's {build.RELEASE} with its Python, instead of the base that the Dockerfile names"):
        build.base()
    with _step("build"):
        name = build.image()
        print(f"  {name}")
    with _step("contents"), tempfile.TemporaryDirectory() as directory:
        config = build.config(name)
        good = contents.show(build.layers(name, Path(directory)), config["Labels"])
    with _step("trial: no arguments, read-only, without capabilities and network"):
        good &= trial.run(name, config["Healthcheck"]["Test"][1:])
    return int(not good)


@contextmanager
def _step(title: str) -> Iterator[None]:
    """Print a title, and the duration at the end."""
    print(title, flush=True)
    begin = time.monotonic()
    yield
    print(f"  {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
