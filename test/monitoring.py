"""SpaceONE's real monitoring service, started in its own environment and driven from a test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plugin_process import ENVIRONMENTS

PYTHON = ENVIRONMENTS / "platform/bin/python"
SERVICE = Path(__file__).parent / "platform/service.py"


class Monitoring:
    """Call `monitoring.post(body=…)` and the other methods of test/platform/service.py."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            print(json.dumps({"call": name, "with": arguments}), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
            assert line, "the monitoring service ended"
            answer = json.loads(line)
            assert "error" not in answer, answer["error"]
            return answer["answer"]

        return call


@contextmanager
def monitoring(plugin: str, *arguments: str, database: str = "") -> Iterator[Monitoring]:
    """Start the service against a served plugin, with one webhook that has no options, as in the console.

    `database` is a URL of `standin.mongod.Databases`. Two services on one database are two REST workers.
    """
    command = [PYTHON, "-W", "ignore", SERVICE, "--plugin", plugin, "--database", database, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    ) as process:
        try:
            service = Monitoring(process)
            service.url = service.webhook(options={})
            yield service
        finally:
            process.kill()
