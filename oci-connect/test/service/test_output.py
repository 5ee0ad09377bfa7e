"""Output has no escape sequences, whatever its text."""

import io

import pytest
from rich.console import Console

from oci_connect.output import Output

HOSTILE = "a\x1b[2J\x1b]0;title\x07[bold]b\r\x9b2J"


def wait(output):
    with output.waiting(HOSTILE):
        output.say(HOSTILE)


CALLS = {
    "say": lambda output: output.say(HOSTILE),
    "warn": lambda output: output.warn(HOSTILE),
    "table": lambda output: output.table(["name", HOSTILE], [[HOSTILE, HOSTILE]]),
    "policies": lambda output: output.policies([HOSTILE], HOSTILE),
    "waiting": wait,
    "track": lambda output: list(output.track([1, 2], 2, HOSTILE)),
    "end": lambda output: output.end("status", None, HOSTILE, 1),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_no_escape_sequence_of_anybody_is_printed(name, terminal):
    written = io.StringIO()
    output = Output(as_json=False)
    output._console = output._errors = Console(file=written, force_terminal=terminal, width=200, highlight=False, emoji=False)
    CALLS[name](output)
    text = written.getvalue()
    assert not any(part in text for part in ("\x1b[2J", "\x1b]0", "\x07", "\x9b"))
    assert name == "track" or "[bold]" in text
