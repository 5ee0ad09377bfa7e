"""What is deployed of the relay: metrics stay within the cluster, and rules ask for what it counts."""

import json
import re

import yaml

from plugin.observe.metrics import REGISTRY
from plugin.relay import answer
from plugin.setting.relay import DEFAULT_PORT, DEFAULT_STATUS_PORT
from standin.plugin_process import ROOT

DEPLOY = ROOT / "deploy"


def documents(name):
    return list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))


def test_the_service_has_the_public_port_and_probes_and_prometheus_ask_the_other():
    deployment, service = documents("kubernetes/relay/relay.yaml")
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": DEFAULT_PORT, "status": DEFAULT_STATUS_PORT}
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
    assert {container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")} == {"status"}
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(DEFAULT_STATUS_PORT)


def test_only_pods_of_the_cluster_reach_the_status_port():
    (policy,) = documents("kubernetes/relay/network-policy.yaml")
    deployment, _ = documents("kubernetes/relay/relay.yaml")
    assert policy["spec"]["podSelector"] == deployment["spec"]["selector"]
    rules = {rule["ports"][0]["port"]: rule.get("from") for rule in policy["spec"]["ingress"]}
    assert rules == {DEFAULT_PORT: None, DEFAULT_STATUS_PORT: [{"namespaceSelector": {}}]}


def test_compose_publishes_both_ports_on_loopback_alone():
    (compose,) = documents("compose.yaml")
    published = [port.rpartition(":") for port in compose["services"]["relay"]["ports"]]
    assert [int(inside) for _, _, inside in published] == [DEFAULT_PORT, DEFAULT_STATUS_PORT]
    assert all(outside.startswith("127.0.0.1:") for outside, _, _ in published)


def test_rules_and_dashboard_ask_for_answers_that_there_are():
    text = (DEPLOY / "prometheus/rules.yaml").read_text(encoding="utf-8")
    text += (DEPLOY / "grafana/dashboard.json").read_text(encoding="utf-8")
    assert json.loads((DEPLOY / "grafana/dashboard.json").read_text(encoding="utf-8"))
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    assert set(re.findall(r"ons_relay_\w+", text)) == {"ons_relay_answers_total"} <= names
    asked = re.findall(r'ons_relay_answers_total\{answer=~?"([a-z_|]+)"', text)
    assert asked
    assert {each for group in asked for each in group.split("|")} <= {*answer.ANSWERS.values(), answer.DEFECT}


def test_the_page_names_each_answer_of_the_metric():
    page = (ROOT / "docs/relay.md").read_text(encoding="utf-8")
    assert all(f"`{each}`" in page for each in (*answer.ANSWERS.values(), answer.DEFECT))
