"""The image: its file, its steps, its packages on both architectures, and the command that builds it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from packaging.markers import Marker

from client import Client
from image import contents
from plugin_process import ROOT, free_port

DOCKERFILES = ("Dockerfile", "oci-connect/Dockerfile")


def instructions(file):
    """Return the instructions of a Dockerfile, one a line."""
    return re.sub(r"\\\n\s*", "", (ROOT / file).read_text(encoding="utf-8")).splitlines()


DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = instructions("Dockerfile")
PYTHON = re.search(r"^ARG BASE=python:(3\.\d+)\.\d+-slim-bookworm$", DOCKERFILE, re.MULTILINE)[1]
VERSION = (ROOT / "src/VERSION").read_text(encoding="utf-8").strip()
IMAGE = "somebody/plugin-oci-ons-mon-webhook"
BASE = f"python:3-slim@sha256:{'0' * 64}"
PUBLISHED = "Name: somebody/plugin-oci-ons-mon-webhook:0.0.0"  # the beginning of what buildx says of an image, and of none
NOT_FOUND = "ERROR: somebody/plugin-oci-ons-mon-webhook:0.0.0: not found"


@pytest.mark.parametrize("file", DOCKERFILES)
def test_a_dockerfile_passes_hadolint(file):
    hadolint = Path(sys.executable).with_name("hadolint")
    linted = subprocess.run([hadolint, ROOT / file], capture_output=True, text=True, timeout=60)
    assert linted.returncode == 0, linted.stdout


def instruction(word):
    (found,) = (line.removeprefix(f"{word} ") for line in INSTRUCTIONS if line.startswith(f"{word} "))
    return found


def test_the_image_ends_as_spaceone_starts_it():
    assert json.loads(instruction("CMD")) == ["python", "-m", "plugin"]
    assert instruction("EXPOSE") == "50051 8080"
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instruction("USER"))


def test_the_last_stage_begins_with_nothing_and_runs_no_command():
    """So no layer holds what an earlier stage removed: the base's pip."""
    last = INSTRUCTIONS[max(i for i, line in enumerate(INSTRUCTIONS) if line.startswith("FROM ")) :]
    assert last[0] == "FROM scratch"
    assert [line for line in last if line.startswith("RUN ")] == []


def test_the_image_is_labelled():
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', instruction("LABEL")))
    assert labels.keys() == {"title", "description", "licenses", "version", "revision", "source", "base.name"}
    assert labels["version"] == "${VERSION}"
    assert labels["licenses"] == re.search(r'license="(.+)"', (ROOT / "src/setup.py").read_text(encoding="utf-8"))[1]


def test_what_the_dockerfiles_copy_is_sent_to_the_builder_and_nothing_else():
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    lines = [line for file in DOCKERFILES for line in instructions(file)]
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from=" not in line]
    assert {source for sources in copies for source in sources} == sent
    assert all((ROOT / source).exists() for source in sent)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("usr/local/lib/python3.13/site-packages/pip/__init__.py", "pip"),
        ("usr/local/lib/python3.13/ensurepip/_bundled/pip-25.0-py3-none-any.whl", "pip"),
        ("usr/bin/x86_64-linux-gnu-gcc-12", "compiler"),
        ("opt/build/bin/python", "what was copied to build it"),
    ],
)
def test_the_stand_in_finds_what_must_not_be_in_a_layer(tmp_path, capsys, path, what):
    layer = tmp_path / "layer"
    with tarfile.open(layer, "w") as archive:
        archive.addfile(tarfile.TarInfo("usr/bin/python3"))
        archive.addfile(tarfile.TarInfo(path))
    assert contents.show([layer], {}) is False
    assert f"  {what}: {path}\n" in capsys.readouterr().out


def python_of_the_image():
    """Return an interpreter of the same minor version as the image's."""
    name = f"python{PYTHON}"
    found = [*map(str, Path.home().glob(f".pyenv/versions/*/bin/{name}")), shutil.which(name) or "false"]
    works = (each for each in found if subprocess.run([each, "--version"], capture_output=True).returncode == 0)
    return next((each for each in works if each != "false"), None) or pytest.skip(f"{name} is not on this machine")


@pytest.mark.slow
def test_the_images_steps_make_a_plugin_that_serves(tmp_path):
    """No Docker engine runs here: the steps of the stage `install` are performed below a directory instead of /.

    bin/image --stand-in builds and runs the real image.
    """
    directory, python = tmp_path / "root", python_of_the_image()
    context = directory / "tmp"
    context.mkdir(parents=True)
    shutil.copytree(ROOT / "src", context / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for lock in ("build_lock.txt", "lock.txt"):
        shutil.copy(ROOT / "pkg" / lock, context)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    stage = INSTRUCTIONS[INSTRUCTIONS.index("FROM ${BASE} AS install") : INSTRUCTIONS.index("FROM ${BASE} AS system")]
    for command in (line.removeprefix("RUN ") for line in stage if line.startswith("RUN ")):
        moved = re.sub(r"(?<!\S)/(?=(?:opt|tmp)/)", f"{directory}/", re.sub(r"(?<!\S)python(?= -m venv)", python, command))
        subprocess.run(["bash", "-euc", moved], env=environment | {"PIP_QUIET": "1"}, check=True, timeout=300, cwd=tmp_path)
    prefix = directory / "opt/plugin"
    size = sum(path.lstat().st_size for path in prefix.rglob("*") if path.is_file() and not path.is_symlink())
    assert size < 160_000_000  # with the 125 MB of python:3.13-slim under 300 MB
    assert [path for name in ("pip", "setuptools") for path in prefix.rglob(f"site-packages/{name}*")] == []
    port, http_port = free_port(), free_port()
    environment |= {"SPACEONE_PORT": str(port), "ONS_HTTP_PORT": str(http_port), "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
    program = json.loads(instruction("CMD"))
    with subprocess.Popen(program, env=environment, cwd=tmp_path, executable=prefix / "bin" / program[0]) as process:
        try:
            with Client(f"127.0.0.1:{port}") as client:
                assert client.wait()
                assert client.init({})["metadata"]["provider"] == "oci"
            check = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])
            assert subprocess.run(check, env=environment, timeout=10).returncode == 0
        finally:
            process.kill()


def locked_for(architecture):
    """Return the lines of pkg/lock.txt that count in the image, without their conditions, and without what has no wheel."""
    (built_here,) = re.findall(r"--no-binary (\S+) --wheel-dir", DOCKERFILE)
    machine = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0", "platform_machine": architecture}
    for requirement in re.split(r"\n(?=\S)", (ROOT / "pkg/lock.txt").read_text(encoding="utf-8").strip()):
        name, _, condition = requirement.partition(" \\")[0].partition(" ; ")
        if name.startswith(f"{built_here}==") or (condition and not Marker(condition).evaluate(machine)):
            continue
        yield requirement.replace(f" ; {condition}", "", 1)


@pytest.mark.slow
def test_each_locked_package_has_a_wheel_for_both_architectures(tmp_path):
    """Queries the package index by pip, which downloads only metadata."""
    asked = {}
    for architecture in ("x86_64", "aarch64"):
        lock, report = tmp_path / f"{architecture}.txt", tmp_path / f"{architecture}.json"
        lock.write_text("\n".join(locked_for(architecture)), encoding="utf-8")
        install = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--require-hashes", "--only-binary=:all:"]
        install += [
            "--dry-run",
            "--ignore-installed",
            f"--target={tmp_path}/none",
            f"--report={report}",
            f"--requirement={lock}",
        ]
        abis = [f"--abi={abi}" for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none")]
        glibc = [f"--platform={tag}_{architecture}" for tag in ("manylinux2014", "manylinux_2_28")]  # Debian 12 has 2.36
        asked[architecture] = subprocess.Popen(
            [*install, f"--python-version={PYTHON}", "--implementation=cp", *abis, *glibc],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    for architecture, pip in asked.items():
        said, _ = pip.communicate(timeout=300)
        assert pip.returncode == 0, said
        found = json.loads((tmp_path / f"{architecture}.json").read_text(encoding="utf-8"))["install"]
        assert len(found) == len(list(locked_for(architecture))) > 40


@pytest.fixture
def checkout(tmp_path):
    """A repository with what bin/image reads: a commit with the version's tag."""
    copy = tmp_path / "repository"
    for name in ("bin/image", "bin/setup.sh", "src/VERSION", "Dockerfile"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    git = ["git", "-C", copy, "-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (
        ["init", "-q"],
        ["remote", "add", "origin", "https://someone:password@git.example.com/plugin.git"],
        ["add", "."],
        ["commit", "-qm", "all"],
        ["tag", f"v{VERSION}"],
    ):
        subprocess.run([*git, *command], check=True, timeout=30)
    return copy


def build(checkout, *arguments, answers=("docker", "podman", "buildah"), published=NOT_FOUND, **environment):
    """Run bin/image with stand-ins for the builders, none of which runs here; return it and how it called the last of them."""
    tools, called = checkout.parent / "tools", checkout.parent / "called"
    tools.mkdir(exist_ok=True)
    called.unlink(missing_ok=True)
    for name in ("docker", "podman", "buildah"):
        (tools / name).write_text(
            f'#!/bin/bash\nif [ "$1" = info ]; then exit {int(name not in answers)}; fi\n'
            f'if [ "$2" = imagetools ]; then echo "{published}" >&2; exit {int(published != PUBLISHED)}; fi\n'
            f'printf "%s\\n" {name} "$@" >{called}\n',
            encoding="utf-8",
        )
        (tools / name).chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    inherited = {key: value for key, value in os.environ.items() if key not in {"IMAGE", "BASE", "SOURCE", "ENGINE"}}
    run = subprocess.run(
        [checkout / "bin/image", *arguments],
        env=inherited | environment | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=30,
    )
    return run, called.read_text(encoding="utf-8").splitlines() if called.exists() else []


@pytest.mark.parametrize("answers", [("docker", "podman", "buildah"), ("podman", "buildah"), ("buildah",)])
def test_bin_image_builds_with_the_first_builder_that_answers(checkout, answers):
    run, called = build(checkout, "--no-cache", answers=answers)
    assert run.returncode == 0, run.stderr
    assert called[:2] == [answers[0], "build"]
    assert called[-2:] == ["--no-cache", "."]
    assert ("--format docker" in " ".join(called)) == (answers[0] != "docker")  # else no HEALTHCHECK
    assert run.stdout.strip() == called[called.index("--tag") + 1] == f"spaceone/plugin-oci-ons-mon-webhook:{VERSION}"


def test_bin_image_labels_what_it_builds_and_names_no_password(checkout):
    _, called = build(checkout, IMAGE=IMAGE)
    head = subprocess.run(["git", "-C", checkout, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    assert f"VERSION={VERSION}" in called
    assert f"REVISION={head}" in called
    assert "SOURCE=https://git.example.com/plugin.git" in called
    (checkout / "Dockerfile").write_text("changed", encoding="utf-8")
    assert f"REVISION={head}-dirty" in build(checkout)[1]


def test_bin_image_says_which_builders_it_looked_for(checkout):
    run, _ = build(checkout, answers=())
    assert run.returncode == 1
    assert "none of these builders answers: docker, podman, buildah" in run.stderr


def test_bin_image_pushes_both_architectures_with_their_provenance(checkout):
    run, called = build(checkout, "--push", "--metadata-file", "image.json", IMAGE=IMAGE, BASE=BASE)
    assert run.returncode == 0, run.stderr
    assert called[:3] == ["docker", "buildx", "build"]
    assert called[called.index("--platform") + 1] == "linux/amd64,linux/arm64"
    assert called[called.index("--provenance") + 1] == "mode=max"
    assert {"--push", "--metadata-file", f"BASE={BASE}"} <= set(called)
    assert [called[i + 1] for i, word in enumerate(called) if word == "--tag"] == [f"{IMAGE}:{VERSION}"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"BASE": BASE}, "IMAGE must name"),
        ({"IMAGE": IMAGE}, "BASE must name the base image by its digest"),
        ({"IMAGE": IMAGE, "BASE": "python:3.12-slim"}, "BASE must name the base image by its digest"),
    ],
)
def test_bin_image_pushes_nothing_without_a_name_and_a_digest(checkout, environment, said):
    run, called = build(checkout, "--push", **environment)
    assert (run.returncode, called) == (1, [])
    assert said in run.stderr


def test_bin_image_pushes_nothing_but_the_tagged_commit(checkout):
    (checkout / "Dockerfile").write_text("changed", encoding="utf-8")
    run, called = build(checkout, "--push", IMAGE=IMAGE, BASE=BASE)
    assert (run.returncode, called) == (1, [])
    assert f"the commit with the tag v{VERSION}" in run.stderr


def test_bin_image_pushes_no_version_twice(checkout):
    run, called = build(checkout, "--push", published=PUBLISHED, IMAGE=IMAGE, BASE=BASE)
    assert (run.returncode, called) == (1, [])
    assert "is published already, and" in run.stderr


def test_bin_image_pushes_nothing_while_the_registry_does_not_say_what_it_has(checkout):
    run, called = build(checkout, "--push", published="ERROR: 429 Too Many Requests", IMAGE=IMAGE, BASE=BASE)
    assert (run.returncode, called) == (1, [])
    assert run.stderr.endswith("the registry does not say: ERROR: 429 Too Many Requests\n")


@pytest.mark.parametrize("version", ["latest", "1.0", "1.0.0-rc1", "v1.0.0"])
def test_bin_image_takes_no_tag_but_a_version(checkout, version):
    (checkout / "src/VERSION").write_text(version, encoding="utf-8")
    run, called = build(checkout)
    assert (run.returncode, called) == (1, [])
    assert "src/VERSION must be a version of the form 1.2.3" in run.stderr
