"""Connect OCI to SpaceONE: a topic, its subscription to a SpaceONE webhook, and alarms that notify the topic.

plan [COMMAND]  print the policies that are needed and what apply (or attach, detach, remove) would do; change nothing
apply           make topic, subscription and the alarms of the file, and wait until the plugin has confirmed the subscription
attach          let alarms that are there notify the topic, at least every 5 minutes; what was is kept in a tag
detach          give attached alarms back what they were
status          show topic, subscription and alarms, and what of it is not in order
test            publish a test alarm to the topic, a firing and then its recovery
drift           show which open alerts of SpaceONE are not what fires in OCI; change nothing
reconcile       heal that, once or --every 5m
doctor          look at everything from top to bottom, and say what to do
remove          delete what oci-connect made for the topic, and nothing else

Exit status: 0 done, 1 refused by OCI, 2 wrong usage, 3 timed out, 4 not in order, 70 a fault of oci-connect,
130 interrupted. All is described in docs/oci-connect.md.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from oci_connect import options, policies, read
from oci_connect.arguments import Arguments
from oci_connect.commands import COMMANDS
from oci_connect.connection import Connection
from oci_connect.context import Context, find_definitions, find_url
from oci_connect.error import FAULT, FORBIDDEN, INTERRUPTED, CommandError, Refusal
from oci_connect.identity import identify
from oci_connect.output import Output

FAULT_TEXT = "A fault of oci-connect itself: {error} in {where}. Please report it; the same command goes on from here."
INTERRUPTION = "Interrupted. What was done stays; the same command goes on from there."


def main(words: Sequence[str]) -> int:
    """Run a command line; return the exit status. Each error becomes a sentence here, or part of the one JSON object."""
    _ready_streams()
    output = Output("--json" in words)
    command, error, text, exit_status = "", None, "", 0
    parsed: Arguments | None = None
    try:
        parsed = options.parse(words, __doc__ or "", COMMANDS)
        command = parsed.command
        _run(parsed, output)
    except CommandError as e:
        error, text, exit_status = e.facts() if isinstance(e, Refusal) else None, output.redact(str(e)), e.exit_status
        if parsed and isinstance(e, Refusal) and e.status == FORBIDDEN and not output.result["policies"]:
            output.policies(policies.statements(parsed, find_definitions(parsed)))
    except KeyboardInterrupt:
        text, exit_status = INTERRUPTION, INTERRUPTED
    except BrokenPipeError:
        raise  # who read the output has gone: nobody is told
    except Exception as e:  # noqa: BLE001 - the one boundary: nobody is shown a stack trace
        text, exit_status = _fault(e), FAULT
    output.end(command, error or _message(text), text, exit_status)
    return exit_status


def _ready_streams() -> None:
    """Let nothing fail for a closed output, or for one that cannot write Korean."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - it ends with the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(parsed: Arguments, output: Output) -> None:
    parsed.check()
    alarms = find_definitions(parsed)
    url = output.secret = find_url(parsed, output)
    identity = identify(parsed)
    regions = parsed.region or [identity.region]
    connections = [Connection(identity, region, parsed.endpoint, output) for region in dict.fromkeys(regions)]
    compartments = read.compartments(connections[0], parsed.compartment, subtree=parsed.subtree)
    if len(connections) > 1 or len(compartments) > 1:
        output.places = compartments
    COMMANDS[parsed.command](Context(parsed, output, connections, compartments, alarms, url))


def _message(text: str) -> dict[str, Any] | None:
    return {"message": text} if text else None


def _fault(error: Exception) -> str:
    """Return where this command failed; the error's own text may hold what nobody should see."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}, line {frame.lineno}"
    return FAULT_TEXT.format(error=type(error).__name__, where=where)
