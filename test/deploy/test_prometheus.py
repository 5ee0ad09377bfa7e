"""Rules and dashboard: what rings and what does not, and that a real Prometheus has data of a served plugin for all of it."""

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack

import pytest
import yaml

from client import Client
from corpus.cases import FIXTURES, load
from manifests import KUBERNETES, documents
from oci_connect.reconcile.metrics import ACTIONS, Metrics
from plugin.observe.metrics import REGISTRY
from plugin.relay.app import ANSWERS, DEFECT
from plugin_process import ROOT, free_port, serve
from standin.relay_process import relay

PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
RULES = [rule for group in documents(PROMETHEUS / "rules.yaml")[0]["groups"] for rule in group["rules"]]
PANELS = {target["expr"]: panel["title"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())}
EXPRESSIONS = [*(rule["expr"] for rule in RULES), *PANELS]


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_rules():
    promtool("check", "rules", "rules.yaml", "dead-mans-switch.yaml")


@pytest.mark.parametrize("file", sorted(path.name for path in PROMETHEUS.glob("*_test.yaml")))
def test_the_rules_ring_when_they_should_and_only_then(file):
    promtool("test", "rules", file)


def test_promtool_accepts_the_relabelling_of_the_scrape_configuration(tmp_path):
    """Debian's Prometheus is built without the discovery of Kubernetes, so that part is left out."""
    (config,) = documents(PROMETHEUS / "scrape.yaml")
    del config["scrape_configs"][0]["kubernetes_sd_configs"]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    promtool("check", "config", tmp_path / "config.yaml")


@pytest.mark.parametrize("file", ["rules.yaml", "dead-mans-switch.yaml"])
def test_the_operators_manifest_has_the_same_rules(request, file):
    groups = (PROMETHEUS / file).read_text(encoding="utf-8").partition("\ngroups:\n")[2]
    manifest = KUBERNETES / "prometheus-operator" / file
    head, mark, now = manifest.read_text(encoding="utf-8").partition("\n  groups:\n")
    wanted = "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))
    if request.config.getoption("golden") and now != wanted:
        manifest.write_text(head + mark + wanted, encoding="utf-8")
        request.config.golden_changes[f"prometheus-operator/{file}"] = ["written anew from deploy/prometheus"]
        now = wanted
    assert now == wanted, "bin/test --golden test/deploy/test_prometheus.py writes it anew"


def test_no_rule_and_no_panel_asks_for_the_name_of_a_job():
    assert [expr for expr in EXPRESSIONS if re.search(r"job\s*[!=]", expr)] == []


def test_rules_and_dashboard_ask_for_metrics_and_answers_that_there_are():
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    asked = {name for expr in EXPRESSIONS for name in re.findall(r"\b(?:ons_webhook|ons_relay|process)_\w+", expr)}
    assert asked and asked <= names
    answers = [each for expr in EXPRESSIONS for each in re.findall(r'ons_relay_answers_total\{answer=~?"([a-z_|]+)"', expr)]
    assert {each for group in answers for each in group.split("|")} == {*ANSWERS.values(), DEFECT}


def test_rules_and_dashboard_ask_for_figures_that_reconcile_has():
    names = {sample.name for family in Metrics(1).registry.collect() for sample in family.samples}
    asked = [(expr, name) for expr in EXPRESSIONS for name in re.findall(r"\boci_reconcile_\w+", expr)]
    assert {name for _, name in asked} == {name for name in names if not name.endswith("_created")}
    actions = {each for expr, _ in asked for group in re.findall(r'action=~"([\w|]+)"', expr) for each in group.split("|")}
    assert actions and actions <= {*ACTIONS}


def test_each_panel_says_what_it_shows_and_lies_below_its_row_beside_the_others():
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert DASHBOARD["panels"][0]["title"] == rows[0] and len(rows) > 5
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["description"].endswith("."), panel["title"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_each_rule_with_a_bound_of_its_own_has_its_line_in_the_dashboard():
    steps = {
        panel["title"]: [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        for panel in DASHBOARD["panels"]
        if "thresholds" in panel.get("fieldConfig", {}).get("defaults", {})
    }
    for title, alert in (
        ("Time of a parse", "OnsWebhookParseSlow"),
        ("Reconcile: since the last good cycle", "OciReconcileStands"),
    ):
        (expr,) = (rule["expr"] for rule in RULES if rule["alert"] == alert)
        assert float(expr.rpartition(">")[2]) in steps[title]


def test_what_can_go_wrong_has_a_rule_and_a_panel():
    counters = ("ons_webhook_memory_failures_total", "ons_webhook_memory_evictions_total", "ons_relay_answers_total")
    for name in (*counters, "ons_webhook_last_message_timestamp_seconds", "ons_webhook_refusals_total"):
        assert any(name in rule["expr"] for rule in RULES) and any(name in expr for expr in PANELS), name


class Prometheus:
    """Debian's Prometheus, which scrapes and evaluates the rules each second."""

    def __init__(self, folder, targets):
        self.port = free_port()
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(PROMETHEUS / "rules.yaml")],
            "scrape_configs": [{"job_name": "kubernetes-pods", "static_configs": [{"targets": targets}]}],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        flags = [f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data", "--log.level=error"]
        self.process = subprocess.Popen(["prometheus", *flags, f"--web.listen-address=127.0.0.1:{self.port}"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, expr):
        """Return the value of each series; none while Prometheus starts."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                return [float(series["value"][1]) for series in json.load(reply)["data"]["result"]]
        except OSError:
            return []

    def wait_for(self, expr):
        deadline = time.monotonic() + 60
        while not (values := self.ask(expr)):
            assert time.monotonic() < deadline, expr
            time.sleep(0.2)
        return values


def test_prometheus_has_data_of_a_served_plugin_for_each_panel_and_nothing_rings(tmp_path):
    http_port = free_port()
    with ExitStack() as stack:
        plugin = stack.enter_context(serve(tmp_path / "log", {"ONS_HTTP_PORT": str(http_port)}))
        endpoint = stack.enter_context(relay("http://127.0.0.1:9/", tmp_path / "relay-log"))
        targets = [f"127.0.0.1:{http_port}", f"127.0.0.1:{endpoint.status_port}"]
        prometheus = stack.enter_context(Prometheus(tmp_path, targets))
        with Client(plugin.target) as client:
            client.parse(load(FIXTURES / "alarm/firing_compute.json"))
        for expr in (
            expr for expr in PANELS if "oci_reconcile" not in expr
        ):  # a scrape that took longer than a second is made good by the next one
            prometheus.wait_for(expr)
        up = {title: expr for expr, title in PANELS.items() if title.endswith(" up")}
        assert up.keys() == {"Plugins up", "Relays up"}
        for expr in up.values():
            prometheus.wait_for(f"({expr}) == 1")
        prometheus.wait_for("count_over_time(ons_relay_answers_total[1m]) > 2")
        assert prometheus.ask('count_over_time(ALERTS{alertstate="firing"}[1m])') == []
