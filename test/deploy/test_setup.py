"""What the commands share: they find an interpreter, make environments, and help; some interpreters here are fakes."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from plugin_process import ENVIRONMENTS, ROOT

SHOW = f'. {ROOT}/bin/setup.sh; find_python; echo "$python"'
FAKE = """#!/bin/bash
exec {python} -c "import sys; sys.version_info = (3, {minor}, 0)
if {bare}: sys.modules['ensurepip'] = None
$2"
"""
TOOLS = ("bash", "cat", "dirname")


@pytest.fixture
def machine(tmp_path):
    """Return a function that puts fake interpreters on an otherwise empty machine and runs a line of bash there.

    A fake is named and has a version; with "bare" in its version it has no ensurepip, as Debian's without python3-venv.
    """
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool))

    def run(interpreters, **environment):
        for name, version in interpreters.items():
            file = path / name if "/" not in name else tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(
                FAKE.format(python=sys.executable, minor=version.split()[0].partition(".")[2], bare="bare" in version)
            )
            file.chmod(0o755)
        return subprocess.run(
            ["bash", "-c", SHOW],
            env={"PATH": str(path), "HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=30,
        )

    return run


@pytest.mark.parametrize(
    ("interpreters", "found"),
    [
        ({"python3": "3.11", "python3.13": "3.13"}, "python3"),
        ({"python3": "3.15", "python3.11": "3.11", "python3.13": "3.13"}, "python3.13"),
        ({"python3": "3.10", "python3.14": "3.14"}, "python3.14"),
        ({"python3": "3.12 bare", "python3.11": "3.11"}, "python3.11"),
        ({"python3": "3.15", ".pyenv/versions/3.12.1/bin/python3": "3.12"}, ".pyenv/versions/3.12.1/bin/python3"),
        (
            {"python3": "3.15", ".local/share/uv/python/cpython-3.13.2-linux/bin/python3": "3.13", "python3.12": "3.12"},
            ".local/share/uv/python/cpython-3.13.2-linux/bin/python3",
        ),
        ({"python3.13": "3.13"}, "python3.13"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_the_first_suitable_interpreter_is_found(machine, interpreters, found):
    done = machine(interpreters)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(found)


@pytest.mark.parametrize("interpreters", [{}, {"python3": "3.15"}, {"python3": "3.10", "python3.12": "3.12 bare"}])
def test_without_one_a_sentence_names_the_ways_to_one(machine, interpreters):
    done = machine(interpreters)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("No Python that these commands can use was found.")
    for way in ("uv python install", "pyenv install", "python3-venv", "PYTHON=", "docker build"):
        assert way in done.stderr


def test_the_interpreter_that_is_named_is_taken_and_no_other(machine):
    suitable = {"python3": "3.12", "python3.11": "3.11", "python3.10": "3.10"}
    assert machine(suitable, PYTHON="python3.11").stdout.strip() == "python3.11"
    refused = machine(suitable, PYTHON="python3.10")
    assert refused.returncode == 1
    assert refused.stderr.startswith("PYTHON=python3.10 is no Python that these commands can use.")


@pytest.fixture
def lock(tmp_path):
    """A lock of one small package, cut out of the plugin's."""
    text = re.search(r"^six==.+?(?=^\S)", (ROOT / "pkg/lock.txt").read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]
    (tmp_path / "lock.txt").write_text(text, "utf-8")
    return tmp_path / "lock.txt"


@pytest.fixture
def install(tmp_path, lock):
    """Return a function that begins to install that lock into one environment, and the environment's directory."""
    environments = tmp_path / "environments"
    environments.mkdir()
    (environments / "uv").symlink_to(ENVIRONMENTS / "uv")  # the installer is here already

    def begin(**environment):
        return subprocess.Popen(
            ["bash", "-c", f'set -euo pipefail; . {ROOT}/bin/setup.sh; install "$venv/small" {lock}', "bin/small"],
            env=os.environ | {"VENV": str(environments), "PYTHON": sys.executable} | environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    begin.lock, begin.directory = lock, environments / "small"
    return begin


def imports_six(install):
    return subprocess.run([install.directory / "bin/python", "-c", "import six"]).returncode == 0


def ended(process):
    """Return the status of a process, and what it printed for people."""
    _, printed = process.communicate(timeout=120)
    return process.returncode, printed


def test_two_commands_at_once_install_one_after_the_other(install):
    results = [ended(process) for process in [install() for _ in range(3)]]
    assert [status for status, _ in results] == [0, 0, 0]
    printed = "".join(text for _, text in results)
    assert len(re.findall(r"^installing 1 packages into \S+ \(once;", printed, re.MULTILINE)) == 1
    assert re.search(r"^done in \d+ s, \d+ MB$", printed, re.MULTILINE)
    assert imports_six(install)


def test_an_environment_that_does_not_start_is_made_anew(install):
    assert ended(install())[0] == 0
    assert ended(install()) == (0, "")
    (install.directory / "bin/python").unlink()
    assert ended(install())[0] == 0
    assert imports_six(install)


def test_without_a_network_a_sentence_says_so_and_nothing_is_changed(install):
    assert ended(install())[0] == 0
    (install.directory / "installed").write_text("of another lock")
    status, printed = ended(install(PIP_INDEX_URL="http://127.0.0.1:9/simple", UV_NO_CACHE="1", UV_HTTP_RETRIES="0"))
    assert status == 1
    assert "Is there a network?" in printed.splitlines()[-1]
    assert imports_six(install)


def test_an_interrupted_command_leaves_the_environment_as_it_was(install, tmp_path):
    assert ended(install())[0] == 0
    (install.directory / "installed").write_text("of another lock")
    waiting = tmp_path / "uv"
    (waiting / "bin").mkdir(parents=True)
    version = (ROOT / "pkg/uv_lock.txt").read_text("utf-8").split()[0].removeprefix("uv==")
    (waiting / "bin/uv").write_text(f'#!/bin/bash\nif [ "$1" = --version ]; then echo uv {version}; else sleep 60; fi\n')
    (waiting / "bin/uv").chmod(0o755)
    (install.directory.parent / "uv").unlink()
    (install.directory.parent / "uv").symlink_to(waiting)
    with subprocess.Popen(
        ["bash", "-c", f'. {ROOT}/bin/setup.sh; install "$venv/small" {install.lock}', "bin/small"],
        env=os.environ | {"VENV": str(install.directory.parent), "PYTHON": sys.executable},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr.readline().startswith("installing")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert ended(process) == (
            130,
            f"bin/small: interrupted while it installed into {install.directory}; the next command begins anew\n",
        )
    assert imports_six(install)


PRINTED_BY_PYTHON = {"oci-connect"}  # its table of commands is the package's
HELPING = sorted({path.name for path in (ROOT / "bin").iterdir() if path.suffix != ".sh"} - PRINTED_BY_PYTHON)


@pytest.mark.parametrize("command", HELPING)
def test_each_command_helps_at_once_and_installs_nothing(tmp_path, command):
    path = tmp_path / "bin"
    path.mkdir()
    for tool in ("bash", "cat", "dirname", "sed"):
        (path / tool).symlink_to(shutil.which(tool))
    environment = {"PATH": str(path), "HOME": str(tmp_path), "VENV": str(tmp_path / "environments")}
    for words in (["--help"], ["-h"]):
        done = subprocess.run([ROOT / "bin" / command, *words], env=environment, capture_output=True, text=True, timeout=10)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"bin/{command}" in done.stdout
        assert "#" not in done.stdout
    assert not (tmp_path / "environments").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        *((command, ["--unknown"]) for command in ("check", "fuzz", "lock", "preview", "relay", "run", "send", "soak")),
        ("fuzz", ["a minute"]),
        ("fuzz", ["10", "20"]),
        ("soak", ["-1"]),
        ("mutate", ["many"]),
        ("send", ["verfy"]),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence_and_status_2(command, words):
    done = subprocess.run([ROOT / "bin" / command, *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"bin/{command}: " in done.stderr
    assert "Traceback" not in done.stderr
