"""Run a command line; errors become a sentence or part of the JSON object, and an exit status."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from oci_connect import options, webhook_url
from oci_connect.arguments import Arguments
from oci_connect.commands import COMMANDS
from oci_connect.error import FAULT, FORBIDDEN, INTERRUPTED, CommandError, Refusal, UsageError
from oci_connect.result import refuse

if TYPE_CHECKING:
    from oci_connect.output import Output

FAULT_TEXT = "A fault of oci-connect itself: {error} in {where}. Please report it; the same command goes on from here."
INTERRUPTION = "Interrupted. What was done stays; the same command goes on from there."


def check(words: Sequence[str]) -> int:
    """Check a command line, or print help or the version; return the exit status."""
    parsed = _parse(words)
    return parsed if isinstance(parsed, int) else 0


def main(words: Sequence[str]) -> int:
    """Run a command line; return the exit status. Help and wrong usage load only the parser."""
    parsed = _parse(words)
    if isinstance(parsed, int):
        return parsed
    from oci_connect.output import Output

    output = Output("--json" in words)
    error, text, exit_status = None, "", 0
    try:
        _run(parsed, output)
    except CommandError as e:
        text, exit_status = output.redact(str(e)), e.exit_status
        if isinstance(e, Refusal):
            error = e.facts()
            _tell_policies(parsed, e, output)
    except KeyboardInterrupt:
        text, exit_status = INTERRUPTION, INTERRUPTED
    except BrokenPipeError:
        raise  # closed pipe
    except Exception as e:  # noqa: BLE001 - the boundary: no stack trace for users
        text, exit_status = _fault(e), FAULT
    output.end(parsed.command, error or ({"message": text} if text else None), text, exit_status)
    return exit_status


def _parse(words: Sequence[str]) -> Arguments | int:
    """Return the arguments, or the exit status of a wrong command line."""
    _ready_streams()
    command = ""
    try:
        parsed = options.parse(words)
        command = parsed.command
        parsed.check()
    except UsageError as e:
        return refuse(command, webhook_url.redact(str(e), ""), e.exit_status, as_json="--json" in words)
    return parsed


def _ready_streams() -> None:
    """Tolerate a closed output, and one that cannot encode Korean."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - it ends with the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(parsed: Arguments, output: Output) -> None:
    from oci_connect.context import open_context

    context = open_context(parsed, output)
    try:
        COMMANDS[parsed.command].function(context)
    finally:
        output.tell_refusals()
    output.raise_refusals()


def _tell_policies(parsed: Arguments, refusal: Refusal, output: Output) -> None:
    """Print the policies where one of them may be missing."""
    from oci_connect import policies
    from oci_connect.context import find_definitions

    if refusal.status == FORBIDDEN and not output.result["policies"]:
        output.policies(policies.statements(parsed, find_definitions(parsed)))


def _fault(error: Exception) -> str:
    """Return type and location of an error, without its text, which may contain a secret."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}, line {frame.lineno}"
    return FAULT_TEXT.format(error=type(error).__name__, where=where)
