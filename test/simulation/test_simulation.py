"""What is open in SpaceONE is what fires in OCI: searched for by Hypothesis, told by chance, and broken on purpose."""

import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin_process import ROOT
from simulation import faults
from simulation.__main__ import _arguments, judged_by_model
from simulation.faults import FAULTS
from simulation.generator import Plan, random_scenario, scenario
from simulation.model import Model
from simulation.scenario import Alarm, Scenario, Stretch
from simulation.served import Real
from simulation.shorten import alone, shorten
from simulation.verdict import UNEXPLAINED, judge
from simulation.world import World

ROUGH = {"chaos": "rough"}  # for any repeat, with the guide's window
DEFAULT_WINDOW = {"window": 600, "repeat": 5, "chaos": "late"}
PROMISES = {
    "the guide's window": ROUGH,
    "the guide's window, severities apart": {**ROUGH, "escalation": "separate", "relayed": True},
    "the default window": DEFAULT_WINDOW,
    "the default window, severities apart": {**DEFAULT_WINDOW, "escalation": "separate"},
}
promise = pytest.mark.parametrize("plan", PROMISES.values(), ids=PROMISES)
SEEDS = range(60)


@st.composite
def scenarios(draw, plan):
    return scenario(plan, lambda low, high: draw(st.integers(low, high)))


@pytest.mark.slow
@promise
def test_hypothesis_finds_no_short_scenario_that_breaks(plan):
    @settings(max_examples=30, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(scenarios(Plan(hours=1, alarms=2, **plan)))
    def search(found):
        assert judged_by_model(found).wrong == []

    search()


@promise
def test_what_is_open_is_what_fires(plan):
    for seed in range(5):
        verdict = judged_by_model(random_scenario(Plan(**plan), seed))
        assert verdict.wrong == [], f"bin/simulate --seed {seed}"
        assert verdict.keys


@pytest.mark.parametrize("replicas", [1, 2])
def test_whatever_fails_only_a_lost_memory_can_break_it(replicas):
    for seed in range(5):
        verdict = judged_by_model(random_scenario(Plan(chaos="failures", replicas=replicas), seed))
        assert verdict.unexplained == [], f"bin/simulate --chaos failures --replicas {replicas} --seed {seed}"


def test_of_seventy_streams_that_fire_at_once_ten_are_never_told():
    split = Alarm(streams=((Stretch(3, 1), Stretch(1, 0)),) * 70, split=True, repeat=0)
    verdict = judged_by_model(Scenario(minutes=3, alarms={"alarm-1": split}))
    assert len(verdict.untold) == 10
    assert verdict.wrong == []


class Behind(Model):
    """A plugin whose clock is behind OCI's; the served one's cannot be set."""

    seconds = 0

    def _now(self):
        return super()._now() - timedelta(seconds=self.seconds)


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "ghosts"), [(60, False), (120, True)])
def test_a_clock_may_be_a_minute_behind_and_not_two(seconds, ghosts, monkeypatch):
    monkeypatch.setattr(Behind, "seconds", seconds)
    told = [random_scenario(Plan(chaos="late"), seed) for seed in range(6)]
    verdicts = [judge(World(each, Behind(each)).run()) for each in told]
    assert any(verdict.wrong for verdict in verdicts) == ghosts


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_its_scenario_made_short(name):
    with faults.made(name):
        told = (random_scenario(Plan(**FAULTS[name].plan), seed) for seed in SEEDS)
        scenario, wrong = next((each, found[0]) for each in told if (found := judged_by_model(each).unexplained))
        lonely = alone(scenario, wrong.key.partition("/")[0])
        short = shorten(lonely if breaks(lonely) else scenario, breaks, seconds=0.5)
        assert breaks(short)
        assert len(short.to_json()) < len(scenario.to_json()) / 2
    assert not breaks(short)


def breaks(scenario):
    return any(wrong.cause == UNEXPLAINED for wrong in judged_by_model(scenario).wrong)


REAL = {  # a plan, a seed, and what fails in that scenario
    "straight": (Plan(hours=2, alarms=3), 3, {"platform"}),
    "severities apart, by a relay that is killed": (
        Plan(hours=1, alarms=3, escalation="separate", relayed=True, chaos="failures"),
        23,
        {"plugin", "relay"},
    ),
    "two replicas, with a Redis that is killed": (
        Plan(hours=1, alarms=3, replicas=2, chaos="failures"),
        23,
        {"plugin", "redis"},
    ),
    "the default window, in which it breaks": (Plan(hours=2, alarms=2, window=600, chaos="late"), 23, set()),
}


@pytest.mark.slow
@pytest.mark.parametrize(("plan", "seed", "fails"), REAL.values(), ids=REAL)
def test_the_model_does_what_the_real_spaceone_does(plan, seed, fails, parts):
    told = random_scenario(plan, seed)
    assert {trouble.what for trouble in told.troubles} == fails
    real, model = World(told, Real(told, parts)).run(), World(told, Model(told)).run()
    assert judge(real).unexplained == []
    assert real.timeline == model.timeline
    assert open_alerts(real) == open_alerts(model)


def open_alerts(run):
    return sorted((alert.key, alert.severity, alert.state, run.notifications[alert.id]) for alert in run.alerts)


def simulate(*arguments):
    return subprocess.run([ROOT / "bin/simulate", "--model", *arguments], capture_output=True, text=True, timeout=120)


def test_the_command_prints_a_timeline_and_ends_with_0_if_the_sentence_holds():
    done = simulate("--seed", "12", "--hours", "2", "--alarms", "3")
    assert done.returncode == 0, done.stderr
    assert "00:25:02  alarm-3           RESET                                          closes WARNING" in done.stdout
    assert "what is open in SpaceONE is what fires in OCI" in done.stdout


@pytest.mark.slow
def test_the_command_ends_with_1_and_the_shortest_scenario_if_it_does_not(tmp_path):
    done = simulate("--window", "600", "--repeat", "PT9M", "--chaos", "late", "--quiet")
    assert done.returncode == 1, done.stderr
    shortest = done.stdout.splitlines()[-1]
    assert len(shortest) < 300
    (tmp_path / "scenario.json").write_text(shortest, encoding="utf-8")
    again = simulate("--scenario", tmp_path / "scenario.json")
    assert again.returncode == 1
    assert "came later than the window" in again.stdout


@pytest.mark.parametrize(
    "scenario", ["an_alarm_that_is_deleted_while_it_fires_stays_open", "a_recovery_that_ons_gave_up_leaves_its_alert_open"]
)
def test_the_command_ends_with_1_if_oci_did_not_tell_or_ons_gave_up(scenario):
    done = simulate("--scenario", ROOT / f"test/simulation/scenario/{scenario}.json")
    assert done.returncode == 1, done.stderr
    assert "what is open in SpaceONE is NOT what fires in OCI" in done.stdout
    assert "OCI never told the last state of alarm-1, or ONS gave it up" in done.stdout


@pytest.mark.parametrize("words", [("--alarms", "0"), ("--hours", "-5"), ("--scenarios", "0"), ("--scenario", "/nope")])
def test_a_scenario_of_nothing_is_no_proof_but_a_wrong_use(words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["simulation", *words])
    with pytest.raises(SystemExit) as ended:
        _arguments()
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert f"argument {words[0]}" in printed.err


def test_the_page_lists_the_faults():
    rows = (ROOT / "docs/reliability.md").read_text(encoding="utf-8").splitlines()
    listed = {part: row for row in rows for part in ("guard", "key", "state") if row.startswith(f"| {part} |")}
    for name in FAULTS:
        part, _, mistake = name.partition(": ")
        assert mistake in listed[part]
