"""What operators deploy: the image's steps, manifests, rules, dashboard, registration, guides."""

import json
import os
import re
import shutil
import subprocess
import sys

import kubernetes_validate
import pytest
import yaml

from plugin.observe.metrics import REGISTRY
from standin.plugin_process import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MANIFESTS = sorted(path for path in DEPLOY.glob("kubernetes/*/*.yaml") if path.name != "kustomization.yaml")


def documents(path):
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


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
