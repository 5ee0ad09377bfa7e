"""What the command prints: steps as they happen, tables and waits for a person, or one JSON object at the end."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import track
from rich.text import Text

from oci_connect import webhook_url
from oci_connect.error import Refusal
from oci_connect.plan.step import DONE, Step, short, shown

Item = TypeVar("Item")
MANY = 10  # items; OCI answers about as many alarm requests a second
UNCUT = 100_000  # columns: a table that is piped is not cut


class Output:
    """Collect what is to be told, and print it at once unless it is wanted as JSON.

    Results go to standard output, waits and warnings to standard error. `secret` is the webhook URL, which is never printed.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json, self.secret = as_json, ""
        self.result: dict[str, Any] = {"steps": [], "warnings": [], "policies": []}
        self.places: Mapping[str, str] = {}  # compartment -> its name; empty if there is one region and one compartment
        self.names: dict[str, str] = {}  # OCID -> what a person calls it
        self._in_short = False
        self._console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else UNCUT)
        self._errors = Console(stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else UNCUT)
        self._is_waiting = False

    def redact(self, text: str) -> str:
        """Return a text without the webhook URL and its access key."""
        return webhook_url.redact(text, self.secret)

    def carry_out(self) -> None:
        """From here on report what is done, in short: the plan was shown. JSON holds what was done alone."""
        self.result["steps"], self._in_short = [], True

    def step(self, step: Step, *, done: bool = False) -> None:
        """Report one step that is planned or done, with what it changes field by field."""
        self.result["steps"].append(step.facts())
        if self._in_short and not step.runs:
            return
        place = f"  {step.region} {self.places.get(step.compartment, step.compartment)}".rstrip() if self.places else ""
        action = DONE.get(step.action, step.action) if done else step.action
        self.say(f"{action:<9} {step.what:<13} {shown(step.name)}{place}")
        if not self._in_short:
            self._say_details(step)

    def _say_details(self, step: Step) -> None:
        for change in step.changes:
            self._detail(f"{change.field}: {self._value(change.before)} -> {self._value(change.after)}")
        for name, value in step.now.items():
            self._detail(f"{name}: {self._value(value)}")
        if step.note:
            self._detail(step.note)

    def _detail(self, text: str) -> None:
        """Print a line below a step; on a terminal its further lines are indented too."""
        width = max(40, self._console.width - 1) if self._console.is_terminal else UNCUT
        self.say(textwrap.fill(text, width, initial_indent=" " * 10, subsequent_indent=" " * 12))

    def _value(self, value: Any) -> str:
        """Return a value for a person: on a terminal OCIDs in short, which --json and a pipe have whole."""
        if isinstance(value, list) and value and self._console.is_terminal:
            return ", ".join(self.names.get(each) or short(str(each)) for each in value)
        return shown(value)

    def refused(self, refusal: Refusal) -> None:
        """Report a refusal that the command goes on without."""
        self.result["refusals"] = [*self.result.get("refusals", []), refusal.facts()]
        if not self.as_json:
            self._errors.print(Text(str(refusal)), soft_wrap=True)

    def say(self, sentence: str) -> None:
        """Print a sentence for a person; JSON leaves it out."""
        if not self.as_json:
            # While a spinner or a progress bar is on the terminal, its console alone can print beside it.
            console = self._errors if self._is_waiting and self._console.is_terminal else self._console
            console.print(Text(sentence), soft_wrap=True)

    def warn(self, sentence: str) -> None:
        """Print a warning once, beside the results."""
        if sentence not in self.result["warnings"]:
            self.result["warnings"].append(sentence)
            if not self.as_json:
                self._errors.print(Text(f"warning: {sentence}"), soft_wrap=True)

    def policies(self, statements: Sequence[str]) -> None:
        """Print the policies that are needed."""
        self.result["policies"] = list(statements)
        self.say("The user's group (here WebhookAdmins) needs these policies, and no others:")
        for statement in statements:
            self.say(f"  {statement}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table: piped in full; on a terminal that is too narrow for it as a paragraph a row."""
        lines = [columns, *([shown(cell) for cell in row] for row in rows)]
        widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
        if self._console.is_terminal and sum(widths) + 2 * len(widths) > self._console.width:
            for first, *others in lines[1:]:
                self.say(first)
                self._detail("  ".join(f"{name.lower()} {cell}" for name, cell in zip(columns[1:], others, strict=True)))
            return
        for line in lines:
            self.say("  ".join(set_cell_size(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())

    @contextmanager
    def waiting(self, for_what: str) -> Iterator[None]:
        """Show that the command waits and for what: a spinner on a terminal, else a line."""
        if self._errors.is_terminal and not self._is_waiting:
            self._is_waiting = True
            try:
                with self._errors.status(Text(f"{for_what} …")):
                    yield
            finally:
                self._is_waiting = False
        else:
            self._errors.print(Text(f"{for_what} …"), soft_wrap=True)
            yield

    def track(self, items: Sequence[Item], doing: str) -> Iterator[Item]:
        """Yield the items, with a progress bar on a terminal."""
        if self._errors.is_terminal and not self._is_waiting and len(items) > 1:
            self._is_waiting = True
            try:
                yield from track(items, doing, console=self._errors, transient=True)
            finally:
                self._is_waiting = False
        else:
            if len(items) > MANY and not self._errors.is_terminal:
                self._errors.print(Text(f"{doing} …"), soft_wrap=True)
            yield from items

    def end(self, command: str, error: dict[str, Any] | None, text: str, exit_status: int) -> None:
        """Print the JSON, or the error if there is one."""
        if self.as_json:
            whole = {"command": command, **self.result, "error": error, "exit_status": exit_status}
            print(json.dumps(whole, default=str), flush=True)
        elif text:
            self._errors.print(Text(text), soft_wrap=True)
