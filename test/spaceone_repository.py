"""SpaceONE's real repository service and its client spacectl, each started in their own environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from plugin_process import ENVIRONMENTS, ROOT, free_port

ENVIRONMENT = ENVIRONMENTS / "repository/bin"
SERVICE = ROOT / "test/repository/service.py"
# `spacectl get|list|exec …`; its main program also loads `spacectl apply`, which wants clients of Google and MySQL.
SPACECTL = "from spacectl.command.{} import cli; cli(prog_name='spacectl')"


class Repository:
    """A running repository service, and a home directory in which spacectl is configured for it."""

    def __init__(self, home: Path, serving: dict[str, str]) -> None:
        self._home = home
        configuration = home / ".spaceone"
        (configuration / "environments").mkdir(parents=True)
        (configuration / "environment.yml").write_text("environment: test", encoding="utf-8")
        environment = {"token": serving["token"], "endpoints": {"repository": serving["endpoint"]}}
        (configuration / "environments/test.yml").write_text(yaml.safe_dump(environment), encoding="utf-8")

    def spacectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run spacectl in the repository's root, as the pages show it."""
        return spacectl(self._home, *arguments)


def spacectl(home: Path, *arguments: str, module: str = "execute") -> subprocess.CompletedProcess[str]:
    """Run spacectl with its configuration in a home directory; `module` is that of the command."""
    command = [ENVIRONMENT / "python", "-W", "ignore", "-c", SPACECTL.format(module), *arguments]
    environment = {**os.environ, "HOME": str(home), "NO_PROXY": "127.0.0.1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def copy_with(entry: Path, folder: Path) -> dict[str, str]:
    """Copy the service and add an entry of its marketplace, as a pull request does; return the variables that let Python find it."""
    (installed,) = ENVIRONMENT.parent.glob("lib/python*/site-packages/spaceone")
    shutil.copytree(installed / "repository", folder / "spaceone/repository")
    shutil.copy(installed / "__init__.py", folder / "spaceone")
    shutil.copy(entry, folder / "spaceone/repository/managed_resource/plugin")
    return {"PYTHONPATH": str(folder)}


@contextmanager
def repository(home: Path, *tags: str, database: str = "", entry: Path | None = None) -> Iterator[Repository]:
    """Start the service; the image of a plugin has these tags in its registry.

    `database` is a URL of `standin.mongod.Databases`, `entry` a file for the service's marketplace.
    """
    command = [ENVIRONMENT / "python", "-W", "ignore", SERVICE, str(free_port()), database, *tags]
    environment = {**os.environ, **(copy_with(entry, home / "site") if entry else {})}
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        try:
            line = process.stdout.readline()
            assert line, (home / "log").read_text(encoding="utf-8")
            yield Repository(home, json.loads(line))
        finally:
            process.kill()
