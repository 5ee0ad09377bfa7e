"""One command wires OCI to SpaceONE: against a strict stand-in for OCI, and once around the whole circle."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from fake_oci import MODELS, FakeOci
from monitoring import monitoring
from standin.certificates import rsa_key
from standin.oracle import oracle
from standin.plugin_process import ROOT, serve

COMPARTMENT = "ocid1.compartment.oc1..example"
SECRET = "SECRETaccessKey"
URL = f"https://spaceone.example.com/monitoring/v1/webhook/webhook-1/{SECRET}/events"
PYTHON = Path(sys.executable).parent.parent / "oci/bin/python"
NAMES = [
    "Compute CPU above 80 percent",
    "Compute memory above 90 percent",
    "Load balancer answers with errors",
    "Load balancer has unhealthy backends",
]


@pytest.fixture(scope="session")
def models():
    """The field names of the SDK's own models."""
    code = f"""
import json, oci
every = {{**vars(oci.ons.models), **vars(oci.monitoring.models)}}
print(json.dumps({{name: list(every[name]().attribute_map.values()) for name in {sorted(set(MODELS.values()))!r}}}))
"""
    return json.loads(
        subprocess.run([PYTHON, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout
    )


@pytest.fixture(scope="session")
def identity(tmp_path_factory):
    """A profile with a key of its own, and the key's public half."""
    folder, key = tmp_path_factory.mktemp("oci"), rsa_key()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    lines = ["[DEFAULT]", "user=ocid1.user.oc1..aaaa", "tenancy=ocid1.tenancy.oc1..aaaa", "region=us-phoenix-1"]
    lines += [f"key_file={folder / 'key.pem'}", "fingerprint=" + ":".join(["00"] * 16)]
    (folder / "config").write_text("\n".join(lines))
    (folder / "config").chmod(0o600)
    (folder / "key.pem").chmod(0o600)
    return folder / "config", key.public_key()


@pytest.fixture
def fake(identity, models):
    server = FakeOci(identity[1], models)
    yield server
    server.shutdown()
    server.server_close()


class Command:
    def __init__(self, fake, config):
        self.fake, self.config = fake, config

    def __call__(self, command, *more, url=URL, answer="", **environment):
        words = [
            command,
            "--webhook-url",
            url,
            "--compartment",
            COMPARTMENT,
            "--endpoint",
            self.fake.url,
            "--config",
            str(self.config),
        ]
        run = subprocess.run(
            [PYTHON, "-W", "ignore", "-m", "oci_connect", *words, *more],
            env={**os.environ, "PYTHONPATH": str(ROOT / "tool"), "NO_PROXY": "127.0.0.1", "COLUMNS": "200", **environment},
            input=answer,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert "Traceback" not in run.stderr
        assert SECRET not in run.stdout + run.stderr and "PRIVATE KEY" not in run.stdout + run.stderr
        return run


@pytest.fixture
def connect(fake, identity):
    return Command(fake, identity[0])


def steps(run):
    return [(step["action"], step["what"]) for step in json.loads(run.stdout)["steps"]]


def test_plan_changes_nothing_and_prints_the_policies(connect, fake):
    run = connect("plan")
    assert run.returncode == 0
    assert [line.split()[0] for line in run.stdout.splitlines()[:6]] == ["create"] * 6
    assert f"Allow group WebhookAdmins to manage alarms in compartment id {COMPARTMENT}" in run.stdout
    assert run.stdout.count("Allow group") == 4
    assert all(asked.startswith("GET") for asked in fake.asked)


def test_apply_waits_in_vain_if_nobody_confirms_and_a_second_apply_makes_nothing_twice(connect, fake):
    fake.asks_to_confirm = False
    run = connect("apply", "--wait", "2")
    assert run.returncode == 3
    assert "still pending" in run.stderr and "Resend confirmation" in run.stderr
    (subscription,) = fake.subscriptions.values()
    subscription["lifecycleState"] = "ACTIVE"
    again = connect("apply", "--json")
    assert again.returncode == 0
    assert steps(again) == [("keep", "topic"), ("keep", "subscription"), *[("keep", "alarm")] * 4, ("active", "subscription")]
    assert len(fake.topics) == len(fake.subscriptions) == 1
    assert sorted(alarm["displayName"] for alarm in fake.alarms.values()) == NAMES
    assert {alarm["repeatNotificationDuration"] for alarm in fake.alarms.values()} == {"PT5M"}
    (topic,) = fake.topics
    assert all(alarm["destinations"] == [topic] for alarm in fake.alarms.values())


def test_a_changed_file_updates_its_alarm_and_status_shows_all(connect, fake, tmp_path):
    fake.asks_to_confirm = False
    connect("apply", "--wait", "0")
    file = tmp_path / "alarms.yaml"
    file.write_text((ROOT / "deploy/oci/alarms.yaml").read_text(encoding="utf-8").replace("mean() > 80", "mean() > 70"))
    run = connect("apply", "--wait", "0", "--json", "--alarms", str(file))
    assert ("update", "alarm") in steps(run) and steps(run).count(("keep", "alarm")) == 3
    assert sum("> 70" in alarm["query"] for alarm in fake.alarms.values()) == 1
    shown = connect("status")
    assert shown.returncode == 0
    assert "PENDING" in shown.stdout and shown.stdout.count("OK") == 4


def test_a_topic_that_there_is_can_be_given_and_stays_when_the_rest_is_removed(connect, fake):
    fake.asks_to_confirm = False
    fake.topics["ocid1.onstopic.oc1.phx.theirs"] = {
        "topicId": "ocid1.onstopic.oc1.phx.theirs", "name": "theirs", "lifecycleState": "ACTIVE", "compartmentId": COMPARTMENT,
        "timeCreated": "2026-03-02T09:15:00.000Z", "apiEndpoint": "x", "etag": "1",
    }  # fmt: skip
    fake.alarms["theirs"] = {
        "id": "theirs", "displayName": "Compute CPU above 80 percent", "lifecycleState": "ACTIVE", "severity": "INFO", "freeformTags": {},
    }  # fmt: skip
    words = ("--topic", "ocid1.onstopic.oc1.phx.theirs")
    assert connect("apply", "--wait", "0", *words).returncode == 3
    assert len(fake.topics) == 1 and len(fake.alarms) == 5
    assert connect("remove", *words, answer="no\n").returncode == 2
    assert len(fake.alarms) == 5
    run = connect("remove", *words, "--json", "--yes")
    assert run.returncode == 0
    assert steps(run) == [*[("delete", "alarm")] * 4, ("delete", "subscription")]
    assert set(fake.alarms) == {"theirs"} and len(fake.topics) == 1 and not fake.subscriptions
    assert "nothing that oci-connect made" in connect("remove", *words, "--yes").stdout


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, "NotAuthenticated", "OCI does not know who is asking"),
        (404, "NotAuthorizedOrNotFound", "have the policies added that plan prints"),
        (409, "IncorrectState", "run the command again in a minute"),
        (400, "InvalidParameter", "correct the alarm file"),
        (400, "LimitExceeded", "A limit of the tenancy is reached"),
    ],
)
def test_a_refusal_by_oci_is_one_plain_sentence_with_the_next_step(connect, fake, status, code, sentence):
    fake.failures = [(status, code)] * 20
    run = connect("plan")
    assert run.returncode == 1
    assert sentence in run.stderr and run.stderr.count("\n") == 1
    assert "nobody is shown" not in run.stderr


def test_what_passes_is_tried_again_by_the_sdk(connect, fake):
    fake.failures = [(429, "TooManyRequests"), (500, "InternalServerError")]
    assert connect("plan").returncode == 0


def test_a_slow_oci_is_waited_for(connect, fake):
    fake.delay = 1.5
    assert connect("plan").returncode == 0


def test_an_oci_that_is_not_there_is_one_sentence(connect, fake):
    fake.shutdown()
    fake.server_close()
    run = connect("plan")
    assert run.returncode == 1
    assert "OCI cannot be reached" in run.stderr and run.stderr.count("\n") == 1


def test_a_wrong_key_is_refused(connect, fake):
    fake.public_key = rsa_key().public_key()
    run = connect("plan")
    assert run.returncode == 1 and "does not know who is asking" in run.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("apply", "--alarms", "/nowhere"),
        ("plan", "--profile", "NOBODY"),
        ("plan", "--config", "/nowhere"),
        ("fly",),
        ("plan", "--auth", "magic"),
    ],
)
def test_wrong_use_ends_with_2(connect, words):
    run = connect(*words)
    assert run.returncode == 2 and run.stderr


@pytest.mark.parametrize(
    "text",
    [
        "alarms: 7",
        "- x",
        "alarms: [{displayName: x}]",
        "alarms: [{displayName: x, namespace: n, query: q, severity: LOUD}]",
        "{",
        "alarms: [{colour: red}]",
    ],
)
def test_an_alarm_file_that_is_wrong_is_refused_before_anything_is_done(connect, fake, tmp_path, text):
    (tmp_path / "alarms.yaml").write_text(text)
    run = connect("apply", "--alarms", str(tmp_path / "alarms.yaml"))
    assert run.returncode == 2 and "alarms.yaml" in run.stderr
    assert fake.asked == []


def test_the_whole_circle(connect, fake, tmp_path):
    """apply, confirmation, plugin opens ONS's link, ACTIVE, test, alert in the real monitoring service, RESOLVED, remove."""
    with oracle(tmp_path) as ons, serve(tmp_path / "log", ons.environment) as plugin, monitoring(plugin.target) as platform:
        ons.on_open = fake.opened
        run = connect("apply", "--wait", "20", url=platform.url)
        print(run.stdout)
        assert run.returncode == 0, run.stderr
        assert run.stdout.splitlines()[-1].split()[:2] == ["active", "subscription"]
        assert len(ons.opened) == 1 and platform.alerts() == []
        told = connect("test", "--pause", "1", url=platform.url)
        print(told.stdout)
        assert told.returncode == 0
        (alert,) = platform.alerts()
        assert (alert["title"], alert["state"]) == ("TEST of oci-connect", "RESOLVED")
        assert connect("remove", "--yes", url=platform.url).returncode == 0
        assert not fake.topics and not fake.subscriptions and not fake.alarms
