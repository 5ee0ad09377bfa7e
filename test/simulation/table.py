"""The table of windows and repeats: how many alerts are left open in SpaceONE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rich.table import Table

from simulation.generator import Plan, random_scenario
from simulation.oci import OK
from simulation.scenario import GUIDES_WINDOW, Scenario, Stretch
from simulation.show import Show
from simulation.target import Target
from simulation.world import Run, World

WINDOWS = (600, 900, 1800, 3600, GUIDES_WINDOW)
REPEATS = (1, 5, 6, 7, 9, 15, 60, 0)  # minutes
SCENARIOS = 4  # of a cell, of 5 alarms in 6 hours
CAPTION = (
    "In brackets: of how many alarms and streams. {} of them fired, and all were OK at the end. Deliveries came up to four "
    "minutes late and doubled. Columns: DUPLICATE_EVENT_TIME; rows: the repeat interval."
)


def show(make_target: Callable[[Scenario], Target], seed: int) -> int:
    """Print the table; return 0."""
    shown, fired = Show(timeline=False), 0
    table = Table("repeat", *(f"{window} s" if window < GUIDES_WINDOW else "32 days" for window in WINDOWS))
    table.title = "Alerts left open in SpaceONE"
    cells = [(repeat, window) for repeat in REPEATS for window in WINDOWS]
    texts = []
    with shown.progress("cells") as progress:
        for done, (repeat, window) in enumerate(cells, 1):
            runs = [World(scenario, make_target(scenario)).run() for scenario in scenarios(repeat, window, seed)]
            fired = sum(len(run.told) for run in runs)
            open_keys = [alert.key for run in runs for alert in run.alerts if alert.is_open]
            texts.append(f"{len(open_keys)} ({sum(len(left_open(run)) for run in runs)})" if open_keys else "0")
            progress(done, len(cells) - done)
    for row, repeat in enumerate(REPEATS):
        table.add_row(f"PT{repeat}M" if repeat else "none", *texts[row * len(WINDOWS) : (row + 1) * len(WINDOWS)])
    table.caption, table.caption_justify = CAPTION.format(fired), "left"
    shown.console.print(table, soft_wrap=False)
    return 0


def scenarios(repeat: int, window: int, seed: int) -> Iterator[Scenario]:
    """Yield the same scenarios for each cell, but for its window and repeat; all of their alarms end OK."""
    for number in range(SCENARIOS):
        scenario = random_scenario(Plan(repeat=repeat, window=window, chaos="late"), seed + number)
        ended = {
            name: replace(alarm, absent=False, streams=tuple((*trace, Stretch(1, 0)) for trace in alarm.streams))
            for name, alarm in scenario.alarms.items()
        }
        yield replace(scenario, alarms=ended, problems={}, budgets={}, pairs={})


def left_open(run: Run) -> set[str]:
    """Return the alarms and streams that are OK and have an alert open."""
    return {alert.key for alert in run.alerts if alert.is_open and run.outcome.fires.get(alert.key, OK) == OK}
