"""The commands that measure and break: each does its work, for a short time here."""

import re
import subprocess

import pytest

from standin.plugin_process import ROOT


@pytest.mark.slow
def test_the_fuzzer_finds_nothing_in_twenty_seconds(tmp_path):
    run = subprocess.run([ROOT / "bin/fuzz", "20"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(re.search(r"number_of_executed_units: (\d+)", run.stderr)[1]) > 1000


@pytest.mark.slow
def test_the_benchmark_prints_its_ratios(tmp_path):
    run = subprocess.run(
        [ROOT / "bin/bench", "--rounds", "1", "--calls", "50"], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "calls at 8 against bytes echo" in run.stdout
    assert "signed envelope" in run.stdout


@pytest.mark.slow
def test_a_short_soak_loses_no_call(tmp_path):
    run = subprocess.run([ROOT / "bin/soak", "0.25"], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr[-3000:]
    assert re.search(r"^\d+ calls in 15 s, \d+ a second, 0 lost$", run.stdout, re.M)
