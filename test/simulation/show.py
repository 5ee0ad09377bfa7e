"""What bin/simulate prints: the timeline, the progress, the verdict, and the sums of many scenarios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from simulation.oci import OK
from simulation.scenario import Scenario
from simulation.verdict import Verdict
from simulation.world import Entry, Run, clock

STYLES = {"opens": "red", "closes": "green", "fails": "bold red"}  # by the first word of an effect
FAILURES = {"failed": "tried again later", "given up": "given up"}
TROUBLES = {
    "platform": "SpaceONE answers nothing",
    "plugin": "a plugin is restarted",
    "redis": "Redis is killed",
    "relay": "the relay is killed",
}


@dataclass
class Sums:
    """The figures of many scenarios."""

    scenarios: int = 0
    minutes: int = 0
    alarms: int = 0
    keys: int = 0
    firing: int = 0
    untold: int = 0
    judged: int = 0
    opened: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)  # keys, by cause

    def add(self, run: Run, verdict: Verdict) -> None:
        """Add a scenario."""
        scenario = run.scenario
        self.scenarios += 1
        self.minutes += scenario.minutes
        self.alarms += len(scenario.alarms) + len(scenario.problems) + len(scenario.budgets) + len(scenario.pairs)
        self.keys += verdict.keys
        self.firing += verdict.firing
        self.untold += len(verdict.untold)
        self.judged += run.judged
        self.opened += len(run.alerts)
        self.statuses += run.statuses
        self.wrong += Counter({(wrong.key, wrong.cause): wrong.cause for wrong in verdict.wrong}.values())


class Show:
    """The terminal of a run."""

    def __init__(self, *, timeline: bool) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._timeline = timeline

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Show a bar while a scenario runs; on a terminal only."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("tries"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            task = bar.add_task(label)
            yield lambda done, left: bar.update(task, completed=done, total=done + left)

    def entry(self, entry: Entry) -> None:
        """Print what happened, unless it is a repeat that comes soon and joins its alert."""
        uneventful = entry.text.startswith("REPEAT") and " of " not in entry.text and not entry.effect
        if self._timeline and not uneventful:
            self.console.print(_line(entry))

    def verdict(self, run: Run, verdict: Verdict) -> None:
        """Print whether the sentence holds of a scenario, and of which alarms it does not."""
        scenario, say = run.scenario, self.console.print
        taken = sum(count for status, count in run.statuses.items() if 200 <= status < 300)
        about = f"seed {scenario.seed}, {scenario.escalation}, window {scenario.window} s"
        about += f", {scenario.replicas} replica{'s' * (scenario.replicas > 1)}{', relayed' if scenario.relayed else ''}"
        say(
            f"{about}: {verdict.keys} alarms and streams in {scenario.minutes / 60:.1f} hours\n"
            f"  {taken} deliveries taken, {sum(run.statuses.values()) - taken} tried in vain; {len(run.alerts)} alerts opened; "
            f"{verdict.firing} fire at rest"
        )
        for wrong in verdict.wrong:
            say(Text(f"  WRONG {wrong.key:<12} {wrong.text} ({wrong.cause})", "red"))
        if verdict.untold:
            say(f"  OCI never told the last state of {', '.join(verdict.untold)}, or ONS gave it up")
        holds = verdict.holds and not verdict.untold
        sentence, style = ("is", "bold green") if holds else ("is NOT", "bold red")
        say(Text(f"  what is open in SpaceONE {sentence} what fires in OCI", style))

    def sums(self, sums: Sums) -> None:
        """Print the figures of many scenarios."""
        say, statuses = self.console.print, sums.statuses
        taken = sum(count for status, count in statuses.items() if 200 <= status < 300)
        say(
            f"{sums.scenarios} scenarios, {sums.minutes / 60 / 24:.1f} days of their time, {sums.alarms} alarms, problems, budgets and pairs with {sums.keys} states"
        )
        say(
            f"{taken} deliveries taken, {sum(statuses.values()) - taken} tried in vain, {statuses[500]} answered with HTTP 500; {sums.opened} alerts opened"
        )
        say(
            f"judged {sums.judged} times on the way and {sums.keys} times at rest, where {sums.firing} fired; {sums.untold} of which OCI never told the last state"
        )
        for cause, count in sums.wrong.items():
            say(Text(f"WRONG {count}: {cause}", "bold red"))
        if not sums.wrong:
            known = f"what OCI told; {sums.untold} states did not arrive" if sums.untold else "what fired in OCI"
            say(Text(f"none wrong: what was open in SpaceONE was {known}", "bold green"))

    def shortest(self, scenario: Scenario) -> None:
        """Print the shortest scenario that breaks."""
        self.console.print(
            f"The shortest scenario found that breaks so (bin/simulate --scenario FILE runs it):\n{scenario.to_json()}"
        )


def _line(entry: Entry) -> Text:
    """Return a line of the timeline: the time, the alarm, what happened, and what came of it."""
    line = Text(f"{clock(entry.second)}  {entry.key:<12} ")
    if entry.what == "published":
        return line.append(f"OCI: {entry.text.removesuffix(OK)}", "bold")
    if entry.what == "trouble":
        what, _, seconds = entry.text.partition(" ")
        return line.append(f"-- {TROUBLES[what]}{f' for {seconds}' if seconds else ''} --", "magenta")
    if entry.what == "wrong":
        return line.append(f"WRONG: {entry.text}", "bold red")
    line.append(f"     {entry.text:<46} ")
    if entry.what == "taken":
        return line.append(entry.effect or "changes nothing", STYLES.get(entry.effect.partition(" ")[0], "dim"))
    return line.append(f"{entry.effect}, {FAILURES[entry.what]}", "yellow")
