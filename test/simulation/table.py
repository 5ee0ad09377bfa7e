"""The table of windows and repeats: how many alerts are left open in SpaceONE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rich.table import Table

from simulation.oci import OK
from simulation.show import CAPTION, Show
from simulation.story import WEEK, Story, Stretch
from simulation.target import Target
from simulation.teller import Plan, random_story
from simulation.world import Run, World

WINDOWS = (600, 900, 1800, 3600, WEEK)
REPEATS = (1, 5, 6, 7, 9, 15, 60, 0)  # minutes
STORIES = 4  # of a cell, of 5 alarms in 6 hours


def show(make_target: Callable[[Story], Target], seed: int) -> int:
    """Print the table; return 0."""
    shown, ended = Show(timeline=False), 0
    table = Table("repeat", *(f"{window} s" if window < WEEK else "7 days" for window in WINDOWS), title="Alerts left open")
    with shown.progress("cells") as progress:
        for row, repeat in enumerate(REPEATS):
            cells = []
            for column, window in enumerate(WINDOWS):
                runs = [World(story, make_target(story)).run() for story in stories(repeat, window, seed)]
                ended = sum(len(run.outcome.fires) for run in runs)
                cells.append("-" if any(map(missing, runs)) else str(sum(map(left_open, runs))))
                progress(row * len(WINDOWS) + column + 1, len(REPEATS) * len(WINDOWS) - row * len(WINDOWS) - column - 1)
            table.add_row(f"PT{repeat}M" if repeat else "none", *cells)
    table.caption = CAPTION.format(ended)
    shown.console.print(table)
    return 0


def stories(repeat: int, window: int, seed: int) -> Iterator[Story]:
    """Yield the same stories for each cell, but for its window and repeat; all of their alarms end OK."""
    for number in range(STORIES):
        story = random_story(Plan(repeat=repeat, window=window, chaos="late"), seed + number)
        ended = {
            name: replace(alarm, absent=False, streams=tuple((*trace, Stretch(1, 0)) for trace in alarm.streams))
            for name, alarm in story.alarms.items()
        }
        yield replace(story, alarms=ended, problems={}, budgets={})


def left_open(run: Run) -> int:
    """Return how many alerts are open whose alarm is OK."""
    return sum(alert.is_open for alert in run.alerts if run.outcome.fires.get(alert.key, OK) == OK)


def missing(run: Run) -> bool:
    """Say whether an alarm fires without an alert."""
    firing = {key for key, state in run.outcome.fires.items() if state != OK}
    return bool(firing - {alert.key for alert in run.alerts if alert.is_open})
