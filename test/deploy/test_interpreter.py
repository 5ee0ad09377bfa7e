"""The commands find an interpreter that is suitable, or say how to get one; the interpreters on the PATH are fakes."""

import shutil
import subprocess
import sys

import pytest

from plugin_process import ROOT

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
