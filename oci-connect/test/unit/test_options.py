"""Help on wide and narrow terminals, and commands without dependencies."""

import subprocess
import sys

import pytest

from oci_connect import options
from oci_connect.commands import COMMANDS
from oci_connect.result import empty
from plugin_process import ROOT


def help_of(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        options.parse([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_the_terminal_and_its_examples_can_be_copied(capsys, monkeypatch, columns, command):
    monkeypatch.setenv("COLUMNS", str(columns))
    text = help_of(capsys, *([command] if command else []))
    assert max(map(len, text.splitlines())) <= columns
    if command:
        examples = text.partition("examples:\n")[2].replace(" \\\n", " ").splitlines()
        assert [" ".join(line.split()) for line in examples] == [f"oci-connect {each}" for each in COMMANDS[command].examples]
        assert len(examples) >= 2


def test_help_and_wrong_usage_load_neither_the_sdk_nor_any_other_package():
    for words, status in ((["--help"], 0), (["apply", "--help"], 0), (["--version"], 0), (["stauts"], 2), (["plan"], 2)):
        command = [sys.executable, "-S", "-m", "oci_connect", *words]  # without installed packages
        run = subprocess.run(command, env={"PYTHONPATH": str(ROOT / "oci-connect/src")}, capture_output=True, text=True)
        assert run.returncode == status, run.stderr


def test_each_list_of_the_json_object_is_there_and_empty():
    assert all(value == [] for key, value in empty().items() if key != "drift")
