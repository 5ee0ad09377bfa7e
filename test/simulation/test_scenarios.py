"""Scenarios that are kept: where the sentence cannot hold, and how it breaks; and where it must hold."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from simulation.model import Model
from simulation.scenario import Scenario
from simulation.served import Real
from simulation.verdict import judge
from simulation.world import World

SCENARIOS = sorted(Path(__file__).parent.glob("scenario/*.json"))
each_scenario = pytest.mark.parametrize("file", SCENARIOS, ids=[file.stem for file in SCENARIOS])


def outcome(file, make_target):
    """Return what a scenario is kept for, and the same of a run."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    scenario = Scenario.from_json(json.dumps(kept["scenario"]))
    run = World(scenario, make_target(scenario)).run()
    verdict, open_alerts = judge(run), defaultdict(list)
    for alert in run.alerts:
        if alert.is_open:
            open_alerts[alert.key].append(alert.severity)
    expected = (kept["breaks"], kept["open"], kept.get("untold", []))
    return expected, ({wrong.key: wrong.cause for wrong in verdict.wrong}, dict(open_alerts), verdict.untold)


@each_scenario
def test_a_kept_scenario_ends_as_it_says(file):
    expected, found = outcome(file, Model)
    assert found == expected


@pytest.mark.slow
@each_scenario
def test_a_kept_scenario_ends_as_it_says_in_the_real_spaceone(file, parts):
    expected, found = outcome(file, lambda scenario: Real(scenario, parts))
    assert found == expected


def test_a_scenario_is_read_as_it_was_written():
    for file in SCENARIOS:
        scenario = Scenario.from_json(file.read_text(encoding="utf-8"))
        assert Scenario.from_json(scenario.to_json()) == scenario
