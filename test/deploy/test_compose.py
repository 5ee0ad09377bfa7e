"""deploy/compose.yaml: what Compose itself makes of it."""

import os
import shutil
import subprocess

import pytest
import yaml

from manifests import documents
from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import relay
from plugin.setting.relay import RelaySettings
from plugin_process import ROOT

COMPOSE = ROOT / "deploy/compose.yaml"
USERS = "ons:sha256$" + "0a" * 32


def compose():
    """Return Compose's command."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True, timeout=60).returncode == 0:
            return command
    raise AssertionError("bin/test installs docker-compose")


def configured(folder, *, text=None, dotenv="", environment=None):
    """Return the file as Compose interpolates it, of version 1.29 too."""
    (folder / "compose.yaml").write_text(text or COMPOSE.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / ".env").write_text(dotenv, encoding="utf-8")
    done = subprocess.run(
        [*compose(), "--profile", "relay", "-f", folder / "compose.yaml", "config"],
        env={key: value for key, value in os.environ.items() if key != "RELAY_USERS"} | (environment or {}),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)["services"]


def given(services):
    """Return the RELAY_USERS of the container: `config` doubles each $ of a value, so that it can be read as a file again."""
    return services["relay"]["environment"]["RELAY_USERS"].replace("$$", "$")


def read(users):
    """Return the users that the relay reads from it."""
    return relay.from_environment({"SPACEONE_WEBHOOK_URL": "https://spaceone.example.com/", "RELAY_USERS": users}).users


def test_a_hash_reaches_the_relay_from_a_quoted_line_in_the_env_file(tmp_path):
    (comment,) = (line.strip("# ") for line in COMPOSE.read_text("utf-8").splitlines() if "#   RELAY_USERS=" in line)
    line = comment.replace("ons:sha256$…", USERS)
    assert line == f"RELAY_USERS='{USERS}'"
    assert read(given(configured(tmp_path, dotenv=line))) == {"ons": bytes.fromhex("0a" * 32)}


@pytest.mark.slow
def test_a_hash_reaches_the_relay_from_an_exported_variable(tmp_path):
    assert given(configured(tmp_path, environment={"RELAY_USERS": USERS})) == USERS


@pytest.mark.slow
def test_in_the_file_itself_each_dollar_is_doubled(tmp_path):
    text = COMPOSE.read_text(encoding="utf-8")
    assert "ons:sha256$$…" in text
    assert given(configured(tmp_path, text=text.replace("${RELAY_USERS:-}", USERS.replace("$", "$$")))) == USERS


def test_without_users_compose_starts_no_relay(tmp_path):
    services = configured(tmp_path)
    assert services.keys() == {"plugin", "relay", "redis", "reconcile"}
    assert given(services) == ""
    with pytest.raises(ERROR_ENVIRONMENT, match="RELAY_USERS"):
        read(given(services))


def test_both_ports_of_the_relay_are_published_on_loopback_alone():
    (content,) = documents(COMPOSE)
    published = [port.rpartition(":") for port in content["services"]["relay"]["ports"]]
    assert [int(inside) for _, _, inside in published] == [RelaySettings.port, RelaySettings.status_port]
    assert all(outside.startswith("127.0.0.1:") for outside, _, _ in published)
