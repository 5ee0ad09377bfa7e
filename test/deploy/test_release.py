"""What a release is made of: one version, workflows, and packages that install."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from plugin_process import ROOT

WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github/workflows").glob("*.yaml"))}
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in WORKFLOWS.items()}
PARSED = {name: yaml.load(text, yaml.BaseLoader) for name, text in TEXTS.items()}  # else the key `on` is true
VERSION = (ROOT / "src/VERSION").read_text(encoding="utf-8").strip()
PUSHING = ["bin/image", ".github/workflows/release.yaml", ".github/workflows/check.yaml"]


def steps(name):
    return [step for job in PARSED[name]["jobs"].values() for step in job.get("steps", [])]


def test_zizmor_finds_no_fault_in_the_workflows():
    zizmor = Path(sys.executable).with_name("zizmor")
    linted = subprocess.run([zizmor, "--offline", "--quiet", *WORKFLOWS.values()], capture_output=True, text=True, timeout=60)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_action_is_named_by_its_commit(name):
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
        assert re.search(rf"{action} # v\d+\.\d+\.\d+$", TEXTS[name], re.MULTILINE), f"{action}: of which version?"


def test_the_checks_run_on_each_python_that_the_plugin_takes():
    pythons = PARSED["check"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13", "3.14"]
    assert any(".ci/run" in step.get("run", "") for step in steps("check"))


def test_a_release_begins_with_a_tag_and_the_checks():
    assert PARSED["release"]["on"] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}
    jobs = PARSED["release"]["jobs"]
    assert jobs["check"]["uses"] == "./.github/workflows/check.yaml"
    assert jobs["image"]["needs"] == "check"


def test_a_release_has_an_sbom_of_each_architecture_made_without_credentials():
    job = PARSED["release"]["jobs"]["sbom"]
    assert job["strategy"]["matrix"] == {"architecture": ["amd64", "arm64"]}
    (step,) = job["steps"]
    assert step["with"]["format"] == "cyclonedx-json"
    assert step["with"]["artifact-name"] == "sbom-${{ matrix.architecture }}.cdx.json"
    assert "sboms/*/sbom-*.cdx.json" in steps("release")[-1]["run"]
    assert (job["permissions"], "environment" in job) == ({}, False)


def test_the_registrys_credentials_are_in_one_job_which_cannot_make_a_release():
    jobs = PARSED["release"]["jobs"]
    assert [name for name, job in jobs.items() if "secrets." in str(job) or "environment" in job] == ["image"]
    assert jobs["image"]["permissions"] == {"contents": "read"}


def test_each_lock_is_checked_against_advisories_every_week():
    assert PARSED["advisories"]["on"]["schedule"]
    audited = PARSED["advisories"]["jobs"]["audit"]["strategy"]["matrix"]["lock"]
    assert {f"{name}.txt" for name in audited} == {path.name for path in (ROOT / "pkg").glob("*lock.txt")} - {
        "test_lock.txt",  # a part of dev_lock.txt
        "uv_lock.txt",  # installs, and is in nothing
    }


@pytest.mark.parametrize("name", PUSHING)
def test_nothing_pushes_but_bin_image_and_never_latest(name):
    """SpaceONE's automatic upgrade would take `latest` for a version; bin/image's own tag has tests of its own."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "latest" not in text
    assert len(re.findall(r"--tag\b", text)) == (name == "bin/image")
    assert "build-push-action" not in text


def test_the_changelog_has_the_version_and_its_date():
    headings = re.findall(
        r"^## \[(.+)\](?: - (\d{4}-\d\d-\d\d))?$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    released = [(version, date) for version, date in headings if (version, date) != ("Unreleased", "")]
    assert released[0][0] == VERSION
    assert all(date for _, date in released)


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "pkg").glob("*lock.txt")))
def test_each_lock_is_written_by_bin_lock(lock):
    assert f"pkg/{lock} " in (ROOT / "bin/lock").read_text(encoding="utf-8") or lock == "uv_lock.txt"


@pytest.mark.slow
def test_sdist_and_wheel_install_with_all_that_belongs_to_them(tmp_path):
    """From a fresh copy of the repository, in which the description and the license are links."""
    tools, copy = tmp_path / "tools", tmp_path / "repository"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-qq", "--target", tools, "setuptools", "wheel"], check=True, timeout=120
    )
    copy.mkdir()
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "src", copy / "src", symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PYTHONPATH": str(tools)}
    setup = [sys.executable, "setup.py", "-q", "sdist", "-d", tmp_path, "bdist_wheel", "-d", tmp_path]
    subprocess.run(setup, cwd=copy / "src", env=environment, check=True, timeout=120, capture_output=True)
    modules = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src/plugin").rglob("*.py")}
    for package in (*tmp_path.glob("*.tar.gz"), *tmp_path.glob("*.whl")):
        site = tmp_path / f"site-{package.suffix}"
        install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-qq",
            "--no-deps",
            "--no-build-isolation",
            "--target",
            site,
            package,
        ]
        subprocess.run(install, env=environment, check=True, timeout=120)
        assert {str(path.relative_to(site)) for path in site.glob("plugin/**/*.py")} == modules
        (metadata,) = site.glob("*.dist-info/METADATA")
        assert "A monitoring webhook plugin of [SpaceONE]" in metadata.read_text(encoding="utf-8")
        assert list(site.glob("*.dist-info/**/LICENSE"))
    assert len(list(tmp_path.glob("site-*"))) == 2
