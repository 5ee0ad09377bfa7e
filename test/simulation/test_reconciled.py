"""With oci-connect reconcile beside it, what is open is what fires, also where the sentence cannot hold without it."""

import json
from pathlib import Path

import pytest

from simulation.generator import Plan, random_scenario
from simulation.reconciled import Reconciled, compare, is_right
from simulation.scenario import Scenario
from simulation.world import World

SCENARIOS = sorted(Path(__file__).parent.glob("scenario/*.json"))
STAYS = {  # what reconcile cannot heal: what it reads does not say it
    "a_budget_that_is_reset_after_a_month_is_too_late_for_seven_days",  # a budget has no state to ask for
    "an_alarm_without_a_key_is_not_guarded",  # nor OCID: an alarm is never known by its title
}


@pytest.mark.parametrize("file", SCENARIOS, ids=[file.stem for file in SCENARIOS])
def test_a_kept_scenario_ends_right(file):
    scenario = Scenario.from_json(json.dumps(json.loads(file.read_text(encoding="utf-8"))["scenario"]))
    target = Reconciled(scenario, every=5)
    run = World(scenario, target).run()
    wrong = [key for key in run.outcome.shown if not is_right(run, key)]
    left = [each.title for each in run.alerts if each.is_open and each.key not in run.outcome.shown]  # of no alarm
    assert bool(wrong or left) == (file.stem in STAYS), (wrong, left)
    assert not target.resolved_while_firing


@pytest.mark.parametrize(("window", "repeat"), [(600, 0), (604800, 9)])
def test_nothing_is_wrong_at_rest_and_nothing_that_fires_is_resolved(window, repeat):
    plan = {"hours": 6, "alarms": 5, "chaos": "failures", "window": window, "repeat": repeat}
    scenarios = [random_scenario(Plan(escalation=each, **plan), seed) for seed, each in enumerate(("join", "separate"), 1)]
    said = []
    assert compare(scenarios, 5, said.append) == 0, said
