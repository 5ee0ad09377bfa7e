"""What the command prints: a line for each step as it happens, or all steps as JSON at the end."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Output:
    """Collect the steps, and print them at once unless they are wanted as JSON."""

    as_json: bool
    steps: list[dict[str, str]] = field(default_factory=list)
    console: Console = field(default_factory=lambda: Console(stderr=False, highlight=False))

    def step(self, action: str, what: str, name: str, **details: str) -> None:
        """Report one step."""
        self.steps.append({"action": action, "what": what, "name": name, **details})
        if not self.as_json:
            columns = "  ".join(f"[dim]{key}[/] {value}" for key, value in details.items())
            self.console.print(f"[bold]{action:<8}[/] {what:<13} {name}  {columns}".rstrip())

    def say(self, sentence: str) -> None:
        """Print a sentence for a person; JSON leaves it out."""
        if not self.as_json:
            self.console.print(sentence, soft_wrap=True)

    def end(self, command: str, error: str) -> None:
        """Print the JSON, or the error if there is one."""
        if self.as_json:
            print(json.dumps({"command": command, "steps": self.steps, "error": error or None}))
        elif error:
            print(error, file=sys.stderr)
