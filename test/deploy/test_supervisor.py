"""SpaceONE's real supervisor and our manifests: what it finds, launches and deletes."""

import json
import re
import subprocess

import pytest
import yaml

from manifests import built, only
from plugin_process import ENVIRONMENTS, ROOT

PLUGIN = "plugin-oci-ons-mon-webhook"
VERSION = (ROOT / "src/VERSION").read_text(encoding="utf-8").strip()
PAGE = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
SETTINGS = yaml.safe_load(re.search(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1])  # as the page shows them
PYTHON = ENVIRONMENTS / "repository/bin/python"


def synchronised(name):
    """Return what one synchronisation makes of a kustomization, for each case of test/repository/supervisor.py."""
    command = [PYTHON, "-W", "ignore", ROOT / "test/repository/supervisor.py", VERSION, json.dumps(SETTINGS)]
    done = subprocess.run(command, input=yaml.safe_dump_all(built(name)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pod_of_replicas():
    return only(built("replicas"), "Deployment", PLUGIN)["spec"]["template"]["spec"]["containers"][0]


@pytest.fixture(scope="module", params=["supervisor", pytest.param("replicas", marks=pytest.mark.slow)])
def outcome(request):
    return synchronised(request.param)


def test_the_supervisor_adopts_one_plugin_at_its_port(outcome):
    endpoint = f"grpc://{PLUGIN}.cloudforet-plugin.svc.cluster.local:50051"
    (plugin,) = outcome["adopted"]["published"]
    assert (plugin["plugin_id"], plugin["version"], plugin["endpoints"]) == (PLUGIN, VERSION, [endpoint])
    (headless,) = outcome["adopted_headless"]["published"]
    assert headless["endpoints"] == ["grpc://10.1.0.5:50051", "grpc://10.1.0.6:50051"]


def test_the_supervisor_launches_and_deletes_nothing_beside_what_it_adopted(outcome):
    for case in ("adopted", "adopted_headless"):
        assert outcome[case]["created"] == outcome[case]["deleted"] == []


def test_the_supervisor_publishes_and_launches_nothing_while_no_adopted_pod_is_ready(outcome):
    """So a person waits until one is, and then deletes what the supervisor launched."""
    assert outcome["adopted_headless_not_ready"] == {"created": [], "deleted": [], "published": []}
    assert PAGE.index(f"rollout status deployment/{PLUGIN}") < PAGE.index("delete service,deployment -l")


def test_the_supervisor_deletes_what_no_webhook_uses_in_this_version(outcome):
    ours = [f"services/{PLUGIN}", f"deployments/{PLUGIN}"]
    assert (outcome["unused"]["deleted"], outcome["unused"]["created"]) == (ours, [])
    assert outcome["of_another_version"]["deleted"] == ours
    assert [each["kind"] for each in outcome["of_another_version"]["created"]] == ["Service", "Deployment"]


def test_policies_select_what_the_supervisor_launches_and_its_deletion_spares_ours(outcome):
    service, deployment = outcome["launched"]["created"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    found = built("replicas")
    (from_plugin,) = only(found, "NetworkPolicy", f"{PLUGIN}-redis")["spec"]["ingress"][0]["from"]
    selected = [only(found, "NetworkPolicy", PLUGIN)["spec"]["podSelector"], from_plugin["podSelector"]]
    monitor = only(built("prometheus-operator"), "PodMonitor", PLUGIN)["spec"]
    selected.append(monitor["selector"])
    (port,) = deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert [each["portNumber"] for each in monitor["podMetricsEndpoints"]] == [port["containerPort"]]
    assert all(each["matchLabels"].items() <= labels.items() for each in selected)
    (typed,) = re.findall(r"delete service,deployment -l (\S+)", PAGE)
    to_delete = dict(pair.split("=") for pair in typed.split(","))
    assert to_delete.items() <= service["metadata"]["labels"].items() & deployment["metadata"]["labels"].items()
    ours = (only(found, kind, PLUGIN)["metadata"]["labels"] for kind in ("Service", "Deployment"))
    assert not any(to_delete.items() <= labels.items() for labels in ours)


def test_the_supervisor_launches_with_its_replicas_env_and_pull_secret(outcome):
    _, deployment = outcome["launched"]["created"]
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert deployment["spec"]["replicas"] == 2
    assert container["env"] == SETTINGS["env"]
    by_hand = [dict(each) for each in pod_of_replicas()["env"] if each["name"] in ("REDIS_PASSWORD", "ONS_STATE_URL")]
    by_hand[0]["valueFrom"] = {"secretKeyRef": by_hand[0]["valueFrom"]["secretKeyRef"] | {"optional": True}}
    assert container["env"][1:] == by_hand
    assert container["image"] == f"registry.example.com/spaceone/{PLUGIN}:{VERSION}"
    assert pod["imagePullSecrets"] == [{"name": "registry-credentials"}]
    assert container.keys() == {"image", "name", "imagePullPolicy", "ports", "livenessProbe", "env"}
