"""Two commands start the plugin, its own and the framework's: they serve the same, and its own loads nothing needless."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from client import Client
from corpus.cases import FIXTURES, load
from plugin_process import COMMAND, FRAMEWORKS_COMMAND, ROOT, free_port, serve
from standin.relay_process import relay

FIRING = load(FIXTURES / "alarm/firing_compute.json")
COMMANDS = pytest.mark.parametrize("command", [COMMAND, FRAMEWORKS_COMMAND], ids=["own", "framework"])
NEEDLESS = {  # what the framework's command brings, and what only some messages and settings need
    "aiohttp",
    "boto3",
    "botocore",
    "cryptography",  # verifies signatures
    "fastapi",
    "httpx",  # calls Oracle
    "jsonschema",  # checks options that are set
    "mongoengine",
    "opentelemetry.exporter",
    "opentelemetry.sdk",
    "pandas",
    "psutil",
    "pymongo",
    "redis",
    "spaceone.core.command",
    "spaceone.core.fastapi",
    "spaceone.core.model",
    "spaceone.core.pygrpc",
    "spaceone.core.scheduler",
}
WITHOUT_EFFECT = "-w and SPACEONE_WORKER have no effect: one event loop answers all calls"
OF_HTTP = {"click", "starlette", "uvicorn"}


def services(client):
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    (reply,) = reflection_pb2_grpc.ServerReflectionStub(client.channel).ServerReflectionInfo(iter([request]), timeout=10)
    return sorted(service.name for service in reply.list_services_response.service)


@COMMANDS
def test_both_commands_serve_the_same_and_end_alike(tmp_path, command):
    http_port = free_port()
    environment = {"ONS_HTTP_PORT": str(http_port), "ONS_PROVIDER": "mine", "ONS_LOG_FORMAT": "json", "SPACEONE_WORKER": "3"}
    with serve(tmp_path / "log", environment, command=command) as plugin, Client(plugin.target) as client:
        assert services(client) == [
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
            "spaceone.api.monitoring.plugin.Event",
            "spaceone.api.monitoring.plugin.Webhook",
        ]
        assert all(client.serving(service) for service in ["", *services(client)[:1], *services(client)[2:]])
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{http_port}/health", timeout=10) as reply:
            assert json.load(reply)["status"] == "healthy"
        assert client.init({})["metadata"]["provider"] == client.parse(FIRING)[0]["provider"] == "mine"
        plugin.process.send_signal(signal.SIGTERM)
        assert plugin.process.wait(12) == 0
        lines = [json.loads(line) for line in plugin.logged().splitlines()]
        assert [line["message"] for line in lines] == [WITHOUT_EFFECT, "serving", "event", "ending", "ended"]


@COMMANDS
def test_both_commands_name_a_bad_setting_in_one_line(command):
    environment = os.environ | {"ONS_LOG_LEVEL": "private", "SPACEONE_PORT": str(free_port())}
    ended = subprocess.run(command, cwd=ROOT / "src", env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "plugin-oci-ons-mon-webhook: The environment variable ONS_LOG_LEVEL is refused: "
        "one of DEBUG, INFO, WARNING, ERROR, CRITICAL expected. Change it and start again.\n"
    )


@pytest.mark.parametrize("http", [False, True], ids=["alone", "with HTTP"])
def test_a_serving_plugin_loads_nothing_needless(tmp_path, http):
    command = (sys.executable, "-X", "importtime", "-m", "plugin")
    environment = {"ONS_HTTP_PORT": str(free_port())} if http else {}
    with serve(tmp_path / "log", environment, command=command) as plugin:
        with Client(plugin.target) as client:
            assert client.init({}) and client.parse(FIRING)
        assert needless(plugin.logged()) == set()
        assert loaded(plugin.logged()) >= OF_HTTP if http else OF_HTTP.isdisjoint(loaded(plugin.logged()))


def test_a_serving_relay_loads_nothing_needless_and_nothing_of_grpc(tmp_path):
    log = tmp_path / "log"
    with relay("http://127.0.0.1:1/", log, python=(sys.executable, "-X", "importtime")) as served:
        assert served.post({"title": "x"})[0] == 503  # there is no SpaceONE behind it
    assert needless(log.read_text()) - {"httpx"} == set()
    assert not {name for name in loaded(log.read_text()) if name.partition(".")[0] in {"grpc", "google"}}


def loaded(log):
    """Return the names of the modules that a process began to load, out of what `-X importtime` wrote."""
    names = set(re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", log, re.M))
    assert "plugin.manager.subscription_manager" in names
    return names


def needless(log):
    return {part for name in loaded(log) for part in NEEDLESS if name == part or name.startswith(f"{part}.")}
