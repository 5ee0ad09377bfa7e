"""What README and guides tell a reader to type is run here, or they say why it cannot be."""

import re
import subprocess

import pytest

from plugin.setting.option import SETTINGS, variable
from standin.plugin_process import ROOT, free_port, serve

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*/GUIDE.md"))]
COMMANDS = ("bin/", "SPACEONE_WEBHOOK_URL=", "docker ", "kubectl ", "spacectl ")
RUN_HERE = {
    "bin/run": [0, "--once"],
    "bin/run --once": [0],
    "bin/run --once test/fixture/alarm/autonomous_database.json": [0],
}
RUN_ELSEWHERE = {
    "bin/test": "it is what runs this",
    "SPACEONE_WEBHOOK_URL=https://spaceone.internal/monitoring/v1/webhook/…/events bin/relay": "test_relay.py starts what it starts",
    **dict.fromkeys(
        (f"bin/oci-connect {command} --webhook-url URL --compartment OCID" for command in ("plan", "apply", "test")),
        "test_oci_connect.py runs them against a stand-in for OCI",
    ),
    "bin/bench": "minutes of load; its figures are in the README",
    "bin/fuzz": "test_tools.py runs it for a short time",
    "bin/soak": "minutes of faults; its figures are in the README",
}
CANNOT = "there is no Docker engine, cluster or"


def typed(page):
    """Return the commands of a page's code blocks, without comments and prompts."""
    lines = page.read_text(encoding="utf-8").splitlines()
    stripped = (line.strip().partition("#")[0].strip() for line in lines)
    return [line for line in stripped if line.startswith(COMMANDS)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_command_is_run_or_said_not_to_be(page):
    for command in typed(page):
        if "bin/" in command:
            assert command in {*RUN_HERE, *RUN_ELSEWHERE}
        else:
            assert CANNOT in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_of_the_pages_does_what_they_say(command):
    status, *more = RUN_HERE[command]
    run = subprocess.run(
        [*command.split(), *more, "--port", str(free_port())], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == status, run.stderr
    assert "ALERT" in run.stdout


def test_bin_run_once_prints_an_alert_and_its_recovery():
    run = subprocess.run(
        ["bin/run", "--once", "--port", str(free_port())], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert [line.strip() for line in run.stdout.splitlines() if line.strip() in {"ALERT", "RECOVERY"}] == ["ALERT", "RECOVERY"]
    assert run.stdout.count("severity                       CRITICAL") == 2


def test_the_readmes_example_is_what_bin_run_prints():
    example = (ROOT / "README.md").read_text(encoding="utf-8").partition("    ALERT\n")[2].partition("\n\n")[0]
    command = ["bin/run", "--once", "test/fixture/alarm/autonomous_database.json", "--port", str(free_port())]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120).stdout
    shown = [line.strip() for line in printed.splitlines()]
    assert [line.strip() for line in example.splitlines() if line.strip() not in shown] == []


def test_bin_send_prints_a_line_a_file_and_fails_if_one_was_refused(tmp_path):
    with serve(tmp_path / "log") as plugin:
        files = ["test/fixture/alarm/firing_compute.json", "test/fixture/refused/empty.json", "-"]
        run = subprocess.run(
            ["bin/send", *files, "--to", plugin.target],
            cwd=ROOT,
            input='{"title": "hi"}',
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert run.returncode == 1
    assert [re.search('"(results|error)"', line)[1] for line in run.stdout.splitlines()] == ["results", "error", "results"]


def test_the_readme_lists_each_setting_and_its_environment_twin():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` | `{variable(name)}` |" in text for name in SETTINGS)


def test_both_guides_have_the_same_parts():
    english, korean = (page.read_text(encoding="utf-8") for page in PAGES[1:])
    for mark in (r"^## ", r"^\d\. ", r"^\| ", r"^Allow ", r"^bin/"):
        assert len(re.findall(mark, english, re.M)) == len(re.findall(mark, korean, re.M))
