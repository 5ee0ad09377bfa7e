"""Run bin/oci-connect's command lines in forks of one process that has Oracle's SDK loaded: it takes most of a second to load.

A line in is `{"words": […], "environment": {…}, "folder": …}`; the folder holds the file `stdin` and takes `stdout` and `stderr`.
A line out is the exit status.
"""

from __future__ import annotations

import json
import os
import sys

import oci

from oci_connect import context
from oci_connect.command import main
from oci_connect.commands import COMMANDS

# Each is loaded when it is first named, which would be in every fork.
PRELOADED = (
    context,
    *(command.function for command in COMMANDS.values()),
    oci.audit.AuditClient,
    oci.events.EventsClient,
    oci.identity.IdentityClient,
    oci.monitoring.MonitoringClient,
    oci.ons.NotificationControlPlaneClient,
    oci.ons.NotificationDataPlaneClient,
)


def run(words: list[str], environment: dict[str, str], folder: str) -> None:
    """Be the command, in a fork."""
    os.environ.clear()
    os.environ.update(environment)
    for number, (name, mode) in enumerate(
        [("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY | os.O_CREAT), ("stderr", os.O_WRONLY | os.O_CREAT)]
    ):
        os.dup2(os.open(os.path.join(folder, name), mode, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - they end with the process
    try:
        status = main(words)
    except SystemExit as e:  # argparse's --help
        status = int(e.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if not child:
        run(**request)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
