"""The Kubernetes manifests as kustomize makes them: what the API takes, how many replicas, who may reach whom."""

import asyncio
import ipaddress
import os
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime

import kubernetes_validate
import pytest
import yaml

from manifests import KUBERNETES, KUSTOMIZATIONS, built, only
from plugin.ons.check.order import Entry, State
from plugin.setting import process, relay
from plugin.setting.relay import RelaySettings
from plugin_process import ROOT, free_port
from standin.redis_memory import Shared

PLUGIN, REDIS, RELAY = "plugin-oci-ons-mon-webhook", "plugin-oci-ons-mon-webhook-redis", "oci-ons-relay"
VERSION = (ROOT / "src/VERSION").read_text(encoding="utf-8").strip()
OPERATOR = "monitoring.coreos.com/v1"  # no schema of its kinds is in a package
WORKLOADS = ("Deployment", "CronJob")


def pod_of(workload):
    spec = workload["spec"]
    return (spec if workload["kind"] == "Deployment" else spec["jobTemplate"]["spec"])["template"]["spec"]


def workloads():
    return [(name, each) for name in KUSTOMIZATIONS for each in built(name) if each["kind"] in WORKLOADS]


def selects(selector, labels):
    expressions = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )


def callers(policy, port):
    """Return who reaches a port: [(namespaces, pods)], or None for anybody."""
    (rule,) = (rule for rule in policy["spec"]["ingress"] if rule["ports"][0]["port"] == port)
    return rule.get("from")


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_the_kubernetes_api_takes_what_a_kustomization_makes(name):
    for document in built(name):
        if document["apiVersion"] != OPERATOR:
            kubernetes_validate.validate(document, "1.31", strict=True)


@pytest.fixture(scope="module")
def kubectl():
    command = shutil.which("kubectl") or pytest.skip("kubectl is not on this machine")
    version = subprocess.run([command, "version", "--client"], capture_output=True, text=True, timeout=60).stdout
    return command if "Kustomize Version: v5" in version else pytest.skip("the kustomize in this kubectl is too old")


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_kubectl_makes_the_same_of_a_kustomization(kubectl, name):
    done = subprocess.run([kubectl, "kustomize", KUBERNETES / name], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr

    def ordered(found):
        return sorted(found, key=lambda each: (each["kind"], each["metadata"]["name"]))

    assert ordered(yaml.safe_load_all(done.stdout)) == ordered(built(name))


def test_each_manifest_is_named_by_its_kustomization():
    for folder in map(KUBERNETES.__truediv__, KUSTOMIZATIONS):
        text = (folder / "kustomization.yaml").read_text(encoding="utf-8")
        assert [path.name for path in folder.glob("*.yaml") if f" {path.name}" not in text] == ["kustomization.yaml"]


def test_all_places_name_one_version():
    """Of the plugin and of bin/oci-connect; what docs/evidence shows was printed once."""
    naming = re.compile(r"(?:plugin-oci-ons-mon-webhook:|oci-connect:|newTag: |plugin\.version: )(\d[\w.]*)")
    files = [path for folder in ("deploy", "docs") for path in (ROOT / folder).rglob("*") if path.is_file()]
    pages = [path for path in files if path.suffix != ".png" and path.parent.name != "evidence"]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in pages}
    named = [(name, version) for name, text in texts.items() for version in naming.findall(text)]
    assert [each for each in named if each[1] != VERSION] == []
    assert len({name for name, _ in named}) > 8
    for name, workload in workloads():
        for container in pod_of(workload)["containers"]:
            assert container["image"].startswith("redis:") or container["image"].endswith(f":{VERSION}"), name


def test_each_pod_is_guarded():
    assert {each["metadata"]["name"] for _, each in workloads()} == {PLUGIN, REDIS, RELAY, "oci-test-alarm", "oci-reconcile"}
    for name, workload in workloads():
        pod = pod_of(workload)
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False, name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert all(each.get("secret") for each in pod.get("volumes", [])), "nothing is written"
        assert "memory" in container["resources"]["limits"]
        probes = {key for key in container if key.endswith("Probe")}
        assert probes == ({"startupProbe", "readinessProbe", "livenessProbe"} if workload["kind"] == "Deployment" else set())


def test_each_secret_that_a_pod_reads_is_one_that_the_page_creates():
    page = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
    commands = re.findall(r"create secret generic (\S+) (.+)", page)
    created = {(name, key) for name, literals in commands for key in re.findall(r"--from-literal=([\w-]+)=", literals)}
    variables = [variable for _, workload in workloads() for variable in pod_of(workload)["containers"][0].get("env", [])]
    read = [variable["valueFrom"]["secretKeyRef"] for variable in variables if "valueFrom" in variable]
    assert {(each["name"], each["key"]) for each in read} == created


def test_no_more_than_one_replica_of_the_plugin_runs_without_a_redis():
    for name in KUSTOMIZATIONS:
        found = built(name)
        assert "HorizontalPodAutoscaler" not in {each["kind"] for each in found}
        for deployment in (each for each in found if (each["kind"], each["metadata"]["name"]) == ("Deployment", PLUGIN)):
            shared = "ONS_STATE_URL" in {each["name"] for each in pod_of(deployment)["containers"][0]["env"]}
            assert (deployment["spec"]["replicas"], shared) == ((2, True) if name == "replicas" else (1, False))
            assert shared == (REDIS in {each["metadata"]["name"] for each in found})


def test_the_plugin_is_given_a_url_of_redis_with_the_password_of_the_secret():
    found = built("replicas")
    first, url, *_ = pod_of(only(found, "Deployment", PLUGIN))["containers"][0]["env"]
    secret = {"secretKeyRef": {"name": REDIS, "key": "password"}}
    assert (first["name"], first["valueFrom"], url["name"]) == ("REDIS_PASSWORD", secret, "ONS_STATE_URL")
    settings = process.from_environment({"ONS_STATE_URL": url["value"].replace("$(REDIS_PASSWORD)", "a1")})
    assert settings.state_url == f"redis://:a1@{REDIS}:6379/0"
    (redis,) = pod_of(only(found, "Deployment", REDIS))["containers"]
    assert redis["env"] == [{"name": "REDISCLI_AUTH", "valueFrom": secret}]
    assert redis["args"][-2:] == ["--requirepass", "$(REDISCLI_AUTH)"]


async def remembered(url):
    """Return the state of an alarm of which a plugin's memory in this Redis has been told."""
    memory, now = Shared(url), datetime.now(UTC)
    await memory.exchange([Entry("", "key", State("ALERT", now))], now)
    (newest,), _ = await memory.exchange([Entry("", "key", State("RECOVERY", now))], now)
    return newest


def test_redis_asks_for_the_password_its_probe_knows_it_and_the_plugin_too(tmp_path):
    (container,) = pod_of(only(built("redis"), "Deployment", REDIS))["containers"]
    password, port = "a1b2", free_port()
    arguments = [each.replace("$(REDISCLI_AUTH)", password) for each in container["args"]]
    command = ["redis-server", *arguments, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    (probe,) = {tuple(container[key]["exec"]["command"]) for key in container if key.endswith("Probe")}

    def probed(known):
        environment = {**os.environ, "REDISCLI_AUTH": known}
        command = [probe[0], "-p", str(port), *probe[1:]]
        return subprocess.run(command, env=environment, capture_output=True, timeout=10).returncode

    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 30
            while probed(password):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert probed("wrong") != 0
            assert asyncio.run(remembered(f"redis://:{password}@127.0.0.1:{port}/0")).name == "ALERT"
        finally:
            server.kill()


def test_spaceone_and_prometheus_alone_reach_the_plugin():
    found = built("supervisor")
    policy = only(found, "NetworkPolicy", PLUGIN)
    labels = only(found, "Deployment", PLUGIN)["spec"]["template"]["metadata"]["labels"]
    assert selects(policy["spec"]["podSelector"], labels)
    assert len(policy["spec"]["ingress"]) == 2
    (spaceone,) = callers(policy, 50051)
    for namespace in ("cloudforet", "spaceone"):  # as SpaceONE's charts name it, and what they label the pods with
        assert selects(spaceone["namespaceSelector"], {"kubernetes.io/metadata.name": namespace})
    assert selects(spaceone["podSelector"], {"app.kubernetes.io/name": "monitoring"})
    assert not selects(spaceone["podSelector"], {"app.kubernetes.io/name": "console"})
    assert callers(policy, 8080) == [
        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}
    ]
    assert sorted(port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]) == [53, 53, 443, 6379]
    (ons,) = (rule["to"] for rule in policy["spec"]["egress"] if rule["ports"] == [{"protocol": "TCP", "port": 443}])
    left_out = [ipaddress.ip_network(each) for peer in ons for each in peer["ipBlock"]["except"]]
    for address in ("10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "fd00::1", "fe80::1"):
        assert any(ipaddress.ip_address(address) in network for network in left_out), address


@pytest.mark.parametrize("folder", ["relay", "reconcile"])
def test_metadata_services_are_out_of_reach(folder):
    (policy,) = (each for each in built(folder) if each["kind"] == "NetworkPolicy")
    (peers,) = (rule["to"] for rule in policy["spec"]["egress"] if rule["ports"] == [{"protocol": "TCP", "port": 443}])
    left_out = [ipaddress.ip_network(each) for peer in peers for each in peer["ipBlock"]["except"]]
    for address in ("169.254.169.254", "fe80::1"):
        assert any(ipaddress.ip_address(address) in network for network in left_out), address


def test_the_plugin_alone_reaches_redis_and_redis_nobody():
    found = built("replicas")
    policy = only(found, "NetworkPolicy", REDIS)
    assert selects(policy["spec"]["podSelector"], only(found, "Deployment", REDIS)["spec"]["template"]["metadata"]["labels"])
    (caller,) = callers(policy, 6379)
    assert selects(caller["podSelector"], only(found, "Deployment", PLUGIN)["spec"]["template"]["metadata"]["labels"])
    assert policy["spec"]["egress"] == [] and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}


@pytest.mark.parametrize(("name", "deployment"), [("replicas", PLUGIN), ("relay", RELAY)])
def test_two_replicas_are_spread_and_not_ended_together(name, deployment):
    found = built(name)
    labels = only(found, "Deployment", deployment)["spec"]["template"]["metadata"]["labels"]
    budget = only(found, "PodDisruptionBudget", deployment)["spec"]
    assert budget["minAvailable"] == 1 and selects(budget["selector"], labels)
    (spread,) = pod_of(only(found, "Deployment", deployment))["topologySpreadConstraints"]
    assert selects(spread["labelSelector"], labels)


def test_the_relays_service_has_the_public_port_and_probes_ask_the_other():
    found = built("relay")
    deployment = only(found, "Deployment", RELAY)
    (container,) = pod_of(deployment)["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": RelaySettings.port, "status": RelaySettings.status_port}
    assert [port["targetPort"] for port in only(found, "Service", RELAY)["spec"]["ports"]] == ["http"]
    assert {container[key]["httpGet"]["port"] for key in container if key.endswith("Probe")} == {"status"}
    annotations = deployment["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(RelaySettings.status_port)


def test_prometheus_alone_reaches_the_relays_status_port():
    found = built("relay")
    policy = only(found, "NetworkPolicy", RELAY)
    assert policy["spec"]["podSelector"] == only(found, "Deployment", RELAY)["spec"]["selector"]
    assert callers(policy, RelaySettings.port) is None
    assert callers(policy, RelaySettings.status_port) == callers(only(built("base"), "NetworkPolicy", PLUGIN), 8080)


def test_the_ingress_forwards_one_path_over_tls_and_is_the_trusted_proxy():
    found = built("relay-ingress")
    ingress = only(found, "Ingress", RELAY)["spec"]
    (rule,), (tls,) = ingress["rules"], ingress["tls"]
    (path,) = rule["http"]["paths"]
    assert (path["path"], path["pathType"], tls["hosts"]) == ("/webhook/oci", "Exact", [rule["host"]])
    assert path["backend"]["service"] == {"name": RELAY, "port": {"name": "http"}}
    (controller,) = callers(only(found, "NetworkPolicy", RELAY), RelaySettings.port)
    assert selects(controller["namespaceSelector"], {"kubernetes.io/metadata.name": "ingress-nginx"})
    env = {each["name"]: each.get("value") for each in pod_of(only(found, "Deployment", RELAY))["containers"][0]["env"]}
    url = {"SPACEONE_WEBHOOK_URL": "https://spaceone.example.com/"}
    assert relay.from_environment({"RELAY_PROXIES": env["RELAY_PROXIES"], **url}).proxies
