"""What operators deploy: the image's steps, manifests, rules, dashboard, registration, guides."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from google.protobuf.json_format import ParseDict
from spaceone.api.repository.v1 import plugin_pb2

from client import Client
from plugin.observe.metrics import REGISTRY
from standin.plugin_process import ROOT, free_port

DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MANIFESTS = sorted(path for path in DEPLOY.glob("kubernetes/*/*.yaml") if path.name != "kustomization.yaml")


def documents(path):
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def test_the_dockerfile_passes_hadolint():
    hadolint = Path(sys.executable).with_name("hadolint")
    linted = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert linted.returncode == 0, linted.stdout


def test_the_image_ends_as_spaceone_starts_it():
    assert json.loads(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.M)[1]) == ["python", "-m", "plugin"]
    assert "EXPOSE 50051 8080" in DOCKERFILE and "HEALTHCHECK" in DOCKERFILE
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.M)


def python_of_the_image():
    """Return an interpreter of the same minor version as the image's."""
    name = "python" + re.search(r"^ARG PYTHON=(3\.\d+)\.\d+$", DOCKERFILE, re.M)[1]
    found = [*map(str, Path.home().glob(f".pyenv/versions/*/bin/{name}")), shutil.which(name) or "false"]
    works = (each for each in found if subprocess.run([each, "--version"], capture_output=True).returncode == 0)
    return next((each for each in works if each != "false"), None) or pytest.skip(f"{name} is not on this machine")


def steps():
    """Return the commands of the Dockerfile's RUN lines, one by one."""
    for run in re.findall(r"^RUN (.*)$", DOCKERFILE, re.M):
        yield from (shlex.split(command) for command in run.split(" && "))


@pytest.mark.slow
def test_the_images_steps_make_a_plugin_that_serves(tmp_path):
    """No Docker engine runs here: the RUN lines are performed in a fresh environment of its Python instead."""
    prefix, context = tmp_path / "opt/plugin", tmp_path / "tmp"
    shutil.copytree(ROOT / "src", context / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pkg/lock.txt", context / "lock.txt")
    moved = {"/opt/plugin": str(prefix), "/tmp/": f"{context}/", "python": python_of_the_image()}
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    performed = []
    for command in steps():
        own = [moved[word] if word == "python" else word.replace("/opt/plugin", str(prefix)) for word in command]
        own = [re.sub(r"^/tmp/", f"{context}/", word) if word.startswith(("/tmp/lock", "/tmp/src")) else word for word in own]
        subprocess.run([*own, "-q"] if "pip" in own[0] else own, env=environment, check=True, timeout=300, cwd=tmp_path)
        performed.append(own)
    assert len(performed) == 4
    size = sum(path.lstat().st_size for path in prefix.rglob("*") if path.is_file() and not path.is_symlink())
    assert size < 270_000_000  # with the 125 MB of python:3.12-slim under 400 MB
    assert not (prefix / "bin/pip").exists()
    port, http_port = free_port(), free_port()
    environment |= {"SPACEONE_PORT": str(port), "ONS_HTTP_PORT": str(http_port), "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
    command = json.loads(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.M)[1])
    with subprocess.Popen(command, env=environment, cwd=tmp_path, executable=prefix / "bin/python") as process:
        try:
            with Client(f"127.0.0.1:{port}") as client:
                assert client.wait()
                assert client.init({})["metadata"]["provider"] == "oci"
            check = json.loads(re.search(r"^HEALTHCHECK .*\\\n    CMD (\[.*\])$", DOCKERFILE, re.M)[1])
            assert subprocess.run(check, env=environment, timeout=10).returncode == 0
        finally:
            process.kill()


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_manifest_is_what_the_kubernetes_api_takes(path):
    if path.name == "state.yaml":
        base = documents(DEPLOY / "kubernetes/base/deployment.yaml")[0]
        (patch,) = documents(path)
        assert patch["metadata"]["name"] == base["metadata"]["name"]
        base["spec"]["template"]["spec"]["containers"][0]["env"] += patch["spec"]["template"]["spec"]["containers"][0]["env"]
        found = [base]
    else:
        found = documents(path)
    for document in found:
        kubernetes_validate.validate(document, "1.31", strict=True)


@pytest.mark.parametrize("name", ["base", "redis", "relay"])
def test_a_kustomization_names_what_is_there(name):
    folder = DEPLOY / "kubernetes" / name
    (kustomization,) = documents(folder / "kustomization.yaml")
    named = {*kustomization["resources"], *(patch["path"] for patch in kustomization.get("patches", []))}
    assert all((folder / each).exists() for each in named)
    assert named >= {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}


def test_the_deployment_is_guarded_and_probed():
    (deployment,) = documents(DEPLOY / "kubernetes/base/deployment.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    assert all(container[probe]["grpc"]["port"] == 50051 for probe in ("startupProbe", "readinessProbe", "livenessProbe"))
    (policy,) = documents(DEPLOY / "kubernetes/base/network-policy.yaml")
    assert sorted(port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]) == [53, 53, 443, 6379]


def test_all_places_name_one_version():
    version = (ROOT / "src/VERSION").read_text(encoding="utf-8").strip()
    (kustomization,) = documents(DEPLOY / "kubernetes/base/kustomization.yaml")
    (compose,) = documents(DEPLOY / "compose.yaml")
    assert kustomization["images"][0]["newTag"] == version
    assert compose["services"]["plugin"]["image"].endswith(f":{version}")


def test_promtool_accepts_the_rules_and_they_fire():
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]):
        run = subprocess.run(["promtool", *command], cwd=DEPLOY / "prometheus", capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stdout + run.stderr


def expressions():
    (rules,) = documents(DEPLOY / "prometheus/rules.yaml")
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])
    dashboard = json.loads((DEPLOY / "grafana/dashboard.json").read_text(encoding="utf-8"))
    yield from (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def test_rules_and_dashboard_ask_for_metrics_that_there_are(tmp_path):
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    asked = {name for expr in expressions() for name in re.findall(r"(?:ons_webhook|process)_\w+", expr)}
    assert asked and asked <= names
    rules = tmp_path / "rules.yaml"
    recorded = [{"record": f"test:{i}", "expr": expr} for i, expr in enumerate(expressions())]
    rules.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}), encoding="utf-8")
    assert subprocess.run(["promtool", "check", "rules", rules], capture_output=True, timeout=60).returncode == 0


def test_the_registration_is_what_spaceones_repository_takes():
    (registration,) = documents(DEPLOY / "spacectl/register_plugin.yaml")
    request = ParseDict(registration, plugin_pb2.RegisterPluginRequest())
    assert request.resource_type == "monitoring.Webhook"
    assert len(request.plugin_id) <= 40
    assert {"icon", "description", "long_description"} <= set(request.tags.fields)
    assert set(request.docs.fields) == {"en", "ko"}


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
