"""From start to end: signals, health, what is logged, and the HTTP face."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from client import Client
from corpus.cases import FIXTURES, load
from plugin import app, version
from plugin.connector.ons_connector import UNREACHABLE
from plugin.error import ERROR_CODES
from plugin.model.event import IgnoredReason
from plugin.ons.kind import KINDS
from plugin_process import COMMAND, ROOT, free_port, serve
from standin.oracle import CONFIRMATION_URL, oracle

FIRING = load(FIXTURES / "alarm/firing_compute.json")
SERVICES = ("", "grpc.health.v1.Health", "spaceone.api.monitoring.plugin.Webhook", "spaceone.api.monitoring.plugin.Event")


def get(port, path):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
            return reply.status, reply.headers["Content-Type"], reply.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers["Content-Type"], e.read().decode()


@pytest.fixture(scope="module")
def http_port():
    return free_port()


@pytest.fixture(scope="module")
def plugin(http_port, tmp_path_factory):
    environment = {"ONS_HTTP_PORT": str(http_port), "ONS_LOG_FORMAT": "json"}
    with serve(tmp_path_factory.mktemp("plugin") / "log", environment) as served:
        yield served


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_turns_health_lets_the_call_in_flight_finish_and_ends_with_0(tmp_path, number):
    with oracle(tmp_path) as ons, serve(tmp_path / "log", ons.environment) as plugin:
        ons.behaviour = "slow"  # the confirmation is in flight until its limit
        with Client(plugin.target) as client, Client(plugin.target) as watcher, ThreadPoolExecutor() as pool:
            request = health_pb2.HealthCheckRequest()
            statuses = health_pb2_grpc.HealthStub(watcher.channel).Watch(request)
            assert next(statuses).status == health_pb2.HealthCheckResponse.SERVING
            call = pool.submit(client.parse, {"ConfirmationURL": CONFIRMATION_URL})
            while not ons.opened:
                assert not call.done()
                time.sleep(0.02)
            start = time.monotonic()
            plugin.process.send_signal(number)
            assert next(statuses).status == health_pb2.HealthCheckResponse.NOT_SERVING
            statuses.cancel()
            with pytest.raises(grpc.RpcError) as caught:
                call.result()
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            assert UNREACHABLE in caught.value.details()  # its own answer, not a cut connection
            assert plugin.process.wait(12) == 0
            assert time.monotonic() - start < 12


@pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode != 0,
    reason="unshare --pid --fork is not permitted here",
)
def test_as_process_1_sigterm_ends_it_too(tmp_path):
    port = free_port()
    command = ["unshare", "--pid", "--fork", "--kill-child", *COMMAND]
    with subprocess.Popen(command, cwd=ROOT / "src", env=os.environ | {"SPACEONE_PORT": str(port)}) as outer:
        try:
            with Client(f"127.0.0.1:{port}") as client:
                assert client.wait()
            (inner,) = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
            assert "NSpid:\t" + inner + "\t1\n" in Path(f"/proc/{inner}/status").read_text()
            os.kill(int(inner), signal.SIGTERM)
            assert outer.wait(12) == 0
        finally:
            outer.kill()


@pytest.mark.parametrize("service", SERVICES)
def test_health_says_serving_for_each_service(plugin, service):
    with Client(plugin.target) as client:
        assert client.serving(service)


def test_health_knows_no_other_service(plugin):
    with Client(plugin.target) as client:
        assert not client.serving("nobody")


@pytest.mark.parametrize("variable", ["SPACEONE_PORT", "ONS_HTTP_PORT"])
def test_a_taken_port_is_told_and_not_half_of_the_calls(plugin, http_port, variable):
    ports = {"SPACEONE_PORT": free_port(), "ONS_HTTP_PORT": free_port()}
    ports[variable] = plugin.port if variable == "SPACEONE_PORT" else http_port
    environment = os.environ | {name: str(port) for name, port in ports.items()}
    ended = subprocess.run(COMMAND, cwd=ROOT / "src", env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    *grpcs, line = ended.stderr.splitlines()  # before it gRPC has its own line
    assert len(grpcs) <= 1 and "Traceback" not in ended.stderr
    assert variable in line and "taken" in line


def test_the_log_has_one_json_line_an_event(plugin):
    with Client(plugin.target) as client:
        client.parse(FIRING | {"dedupeKey": "private-key"})
    lines = [json.loads(line) for line in plugin.logged().splitlines()]
    assert lines[0]["message"] == "serving"
    (line,) = [line for line in lines if line["message"] == "event" and line["kind"] == "alarm"][-1:]
    assert line["event_type"] == "ALERT" and line["severity"] == "CRITICAL"
    assert len(line["key"]) == 8 and 0 < line["ms"] < 1000
    assert "private-key" not in plugin.logged()


def test_the_log_can_be_quiet(tmp_path):
    with serve(tmp_path / "log", {"ONS_LOG_LEVEL": "warning"}) as plugin, Client(plugin.target) as client:
        client.parse(FIRING)
        assert plugin.logged() == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ONS_LOG_LEVEL", "LOUD"),
        ("ONS_LOG_FORMAT", "xml"),
        ("ONS_HTTP_PORT", "80a"),
        ("ONS_HTTP_PORT", "0"),
        ("ONS_STATE_URL", "nowhere"),
        ("ONS_SIGNATURE", "maybe"),
        ("ONS_SIGNATURE_MAX_AGE", "soon"),
        ("ONS_CONFIRM", "yes"),
        ("ONS_TOPICS", "mine,yours"),
        ("ONS_EXTRA_DOMAINS", "*.com"),
        ("ONS_OCI_EVENTS", "drop"),
        ("ONS_RETRY_HOURS", "many"),
        ("ONS_SIGNATURE", "require"),
        ("SPACEONE_PORT", "65536"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line_and_status_2(variable, value, monkeypatch, capsys):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as ended:
        app.run()
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert printed.count("\n") == 1
    assert variable in printed
    assert value == "require" or value not in printed.replace(variable, "")


def test_health_over_http_tells_the_version(plugin, http_port):
    status, content_type, body = get(http_port, "/health")
    told = json.loads(body)
    assert (status, content_type) == (200, "application/json")
    assert told["status"] == "healthy" and told["version"] == version() and told["timestamp"]


def test_health_over_http_is_503_while_it_ends(tmp_path):
    port = free_port()
    with serve(tmp_path / "log", {"ONS_HTTP_PORT": str(port)}) as plugin:
        plugin.process.terminate()
        end, status = time.monotonic() + 5, 200
        while status == 200 and time.monotonic() < end:
            status, _, body = get(port, "/health")
        assert status == 503
        assert json.loads(body)["status"] == "unhealthy"
        assert plugin.process.wait(12) == 0


def test_another_path_is_404(plugin, http_port):
    assert get(http_port, "/")[0] == 404


def test_a_silent_client_does_not_hold_up_the_probes(plugin, http_port):
    import socket

    silent = [socket.create_connection(("127.0.0.1", http_port)) for _ in range(50)]
    try:
        assert get(http_port, "/health")[0] == 200
    finally:
        for connection in silent:
            connection.close()


def metrics(port):
    status, content_type, body = get(port, "/metrics")
    assert status == 200 and content_type.startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def test_metrics_are_there_from_the_start_and_count(tmp_path):
    port = free_port()
    with serve(tmp_path / "log", {"ONS_HTTP_PORT": str(port)}) as plugin, Client(plugin.target) as client:
        before = metrics(port)
        for name, label, values in [
            ("ons_webhook_messages_total", "kind", ["confirmation", "batch", *(kind.name for kind in KINDS)]),
            ("ons_webhook_ignored_total", "reason", [reason.value for reason in IgnoredReason]),
            ("ons_webhook_refusals_total", "error", list(ERROR_CODES)),
            ("ons_webhook_confirmations_total", "outcome", ["confirmed", "failed"]),
            ("ons_webhook_certificate_fetches_total", "outcome", ["fetched", "failed"]),
        ]:
            assert {labels: value for (found, labels), value in before.items() if found == name} == {
                ((label, value),): 0 for value in values
            }
        assert before[("ons_webhook_build_info", (("version", version()),))] == 1
        client.parse(FIRING)
        client.parse(load(FIXTURES / "alarm/insufficient_data.json"))
        with pytest.raises(grpc.RpcError):
            client.parse({"private": 1})
        after = metrics(port)
        assert after.keys() == before.keys(), "labels are out of closed lists"
        assert after[("ons_webhook_messages_total", (("kind", "alarm"),))] == 2
        assert after[("ons_webhook_events_total", (("event_type", "ALERT"), ("severity", "CRITICAL")))] == 1
        assert after[("ons_webhook_ignored_total", (("reason", "no_state_change"),))] == 1
        assert after[("ons_webhook_refusals_total", (("error", "ERROR_UNKNOWN_KIND"),))] == 1
        assert after[("ons_webhook_request_seconds_count", (("method", "parse"),))] == 3


HURRIED = """
import sys
from plugin import app, server
server.LAME_DUCK_SECONDS = float(sys.argv[1])
app.run()
"""
HANGING_LOOKUPS = """
import socket, time
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *a, **k: time.sleep(60) if host == "redis.invalid" else look_up(host, *a, **k)
"""


def script(code, lame_duck):
    return [sys.executable, "-W", "ignore", "-c", code, str(lame_duck)]


def test_a_second_signal_ends_it_sooner(tmp_path):
    with serve(tmp_path / "log", command=script(HURRIED, 60)) as plugin, Client(plugin.target) as client:
        begun = time.monotonic()
        plugin.process.send_signal(signal.SIGTERM)
        while client.serving():
            assert time.monotonic() - begun < 5
        assert client.parse({"title": "late"})
        plugin.process.send_signal(signal.SIGINT)
        assert plugin.process.wait(20) == 0


def test_look_ups_that_hang_hold_up_neither_heavy_messages_nor_the_end(tmp_path):
    environment = {"ONS_STATE_URL": "redis://redis.invalid:6379/0"}
    with serve(tmp_path / "log", environment, command=script(HANGING_LOOKUPS + HURRIED, 0.1)) as plugin:
        with Client(plugin.target) as client:
            for number in range(4):
                assert client.parse({"title": f"{number}", "body": "x" * 20_000})
        begun = time.monotonic()
        plugin.process.send_signal(signal.SIGTERM)
        assert plugin.process.wait(30) == 0
        assert time.monotonic() - begun < 10
