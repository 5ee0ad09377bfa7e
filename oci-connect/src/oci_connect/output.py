"""The output of a command: steps, tables and progress for people, or one JSON object at the end."""

from __future__ import annotations

import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.text import Text

from oci_connect import webhook_url
from oci_connect.error import FACTS, FORBIDDEN, CommandError, Refusal
from oci_connect.plan.step import DONE, Step, short, shown
from oci_connect.result import empty, to_json
from oci_connect.wrapping import hanging, printable

Item = TypeVar("Item")
PROGRESS_FROM = 10  # items; OCI answers about as many alarm requests a second
PIPE_WIDTH = 100_000  # columns: a table that is piped is not cut
INCOMPLETE = "OCI refuses {count}, see above; the rest is done. The same command goes on from here."
FAILED = "Not done in {regions}, see above; the other regions are. The same command goes on from here."
MAX_NAMES = 10  # of equal refusals


class Output:
    """Print results at once, or collect them for JSON.

    Results go to standard output, waits and warnings to standard error. `secret` is the webhook URL, which is never printed.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json, self.secret, self.shows_unchanged = as_json, "", True
        self.result = empty()
        self.places: Mapping[str, str] = {}  # compartment -> its name; empty if there is one region and one compartment
        self.names: dict[str, str] = {}  # OCID -> what a person calls it
        self.refusals: list[Refusal] = []
        self.failures: dict[str, CommandError] = {}  # region -> why nothing more was done in it
        self._in_short = False
        self._console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
        self._errors = Console(stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else PIPE_WIDTH)
        self._is_waiting = False
        self._lock = threading.Lock()

    def redact(self, text: str) -> str:
        """Return a text without the webhook URL and its access key."""
        return webhook_url.redact(text, self.secret)

    def carry_out(self) -> None:
        """Report in short from now on, because the plan was shown; JSON has only the steps done."""
        self.result["steps"], self._in_short = [], True

    @property
    def changes(self) -> int:
        """How many of the steps change something."""
        return sum(step["outcome"] != "unchanged" for step in self.result["steps"])

    def step(self, step: Step, *, outcome: str = "planned", is_quiet: bool = False) -> None:
        """Report one step that is planned, done, refused or not tried, with what it changes field by field."""
        outcome = outcome if step.runs else "unchanged"
        self.result["steps"].append({**step.facts(), "outcome": outcome})
        is_told = step.runs or not (self._in_short or (step.action == "keep" and not self.shows_unchanged))
        if is_quiet or outcome == "refused" or not is_told:
            return
        place = f"  {step.region} {self.places.get(step.compartment, step.compartment)}".rstrip() if self.places else ""
        action = {"done": DONE.get(step.action, step.action), "not tried": "not tried"}.get(outcome, step.action)
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

    def say_sums(self) -> None:
        """Print how many steps there are of each kind, in one line."""
        counts = Counter(step["action"] if step["outcome"] != "unchanged" else "unchanged" for step in self.result["steps"])
        self.say("Sum: " + (", ".join(f"{count} {action}" for action, count in sorted(counts.items())) or "nothing"))

    def _detail(self, text: str) -> None:
        """Print a line below a step."""
        self.say(f"{'':<10}{text}")

    def _value(self, value: Any) -> str:
        """Return a readable value; on a terminal with short OCIDs."""
        if isinstance(value, list) and value and self._console.is_terminal:
            return ", ".join(self.names.get(each) or short(str(each)) for each in value)
        return shown(value)

    def refused(self, refusal: Refusal) -> None:
        """Keep a refusal that does not end the command, for its end."""
        self.refusals.append(refusal)
        self.result["refusals"].append(refusal.facts())

    def refused_unless_forbidden(self, refusal: Refusal, warning: str) -> None:
        """Warn if a permission is missing; keep any other refusal."""
        if refusal.status == FORBIDDEN:
            self.warn(warning.format(code=refusal.code))
        else:
            self.refused(refusal)

    def failed(self, region: str, error: CommandError) -> None:
        """Keep the error of one region, while the command continues with the others."""
        if isinstance(error, Refusal):
            self.refused(error)
            return
        self.failures[region] = error
        self.result["refusals"].append({**dict.fromkeys(FACTS, ""), "status": 0, "region": region, "message": str(error)})

    @property
    def is_complete(self) -> bool:
        """Whether nothing was refused, and no region failed."""
        return not (self.refusals or self.failures)

    def tell_refusals(self) -> None:
        """Print the refusals, equal ones once, and what ended a region."""
        for region, error in self.failures.items():
            self._tell(f"{region}: {error}")
        groups: dict[tuple[object, ...], list[Refusal]] = defaultdict(list)
        for refusal in self.refusals:
            groups[refusal.kind].append(refusal)
        for first, *others in groups.values():
            self._tell(str(first))
            if others:
                names = ", ".join(
                    f"{shown(each.name)} ({each.id})" if each.id else shown(each.name) for each in others[:MAX_NAMES]
                )
                self._tell(f"  and so for {len(others)} more: {names}{' …' if others[MAX_NAMES:] else ''}")

    def raise_refusals(self) -> None:
        """Raise CommandError if anything was refused or failed."""
        if self.refusals:
            raise CommandError(INCOMPLETE.format(count="1 step" if len(self.refusals) == 1 else f"{len(self.refusals)} steps"))
        for error in self.failures.values():  # the first one's exit status
            raise type(error)(FAILED.format(regions=", ".join(self.failures)))

    def say(self, sentence: str) -> None:
        """Print a sentence for a person; JSON leaves it out."""
        if not self.as_json:
            # While a spinner or a progress bar is on the terminal, its console alone can print beside it.
            self._print(self._errors if self._is_waiting and self._console.is_terminal else self._console, sentence)

    def warn(self, sentence: str) -> None:
        """Print a warning once, beside the results."""
        with self._lock:
            if sentence in self.result["warnings"]:
                return
            self.result["warnings"].append(sentence)
        self._tell(f"warning: {sentence}")

    def ask(self, question: str) -> None:
        """Print a question, also with --json."""
        text = hanging(shown(question), self._errors.width) if self._errors.is_terminal else shown(question)
        print(text, end="", file=sys.stderr, flush=True)

    def _tell(self, sentence: str) -> None:
        if not self.as_json:
            self._print(self._errors, sentence)

    @staticmethod
    def _print(console: Console, text: str) -> None:
        """Print a text without escape sequences, wrapped at words on a terminal."""
        safe = printable(text, keep="\n")
        console.print(Text(hanging(safe, console.width) if console.is_terminal else safe), soft_wrap=not console.is_terminal)

    def policies(self, statements: Sequence[str], heading: str = "") -> None:
        """Print the policies that are needed."""
        self.result["policies"] += statements
        self.say(heading or "The user's group (here WebhookAdmins) needs these policies, and no others:")
        for statement in statements:
            self.say(f"  {statement}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; on a terminal that is too narrow, a paragraph for each row."""
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
                with self._errors.status(Text(printable(f"{for_what} …", keep="\n"))):
                    yield
            finally:
                self._is_waiting = False
        else:
            self._print(self._errors, f"{for_what} …")
            yield

    def track(self, items: Iterable[Item], count: int, doing: str) -> Iterator[Item]:
        """Yield the items, with a progress bar on a terminal."""
        if self._errors.is_terminal and not self._is_waiting and count > 1:
            self._is_waiting = True
            try:
                yield from track(items, escape(printable(doing, keep="\n")), count, console=self._errors, transient=True)
            finally:
                self._is_waiting = False
            return
        for number, item in enumerate(items, 1):
            if count > PROGRESS_FROM and number in {1, count} | {count * quarter // 4 for quarter in (1, 2, 3)}:
                self._print(self._errors, f"{doing}: {number} of {count}")
            yield item

    def end(self, command: str, error: dict[str, Any] | None, text: str, exit_status: int) -> None:
        """Print the JSON, or the error if there is one."""
        if self.as_json:
            print(to_json(command, self.result, error, exit_status), flush=True)
        elif text:
            self._print(self._errors, text)
