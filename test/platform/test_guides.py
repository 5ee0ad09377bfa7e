"""What the guides tell a reader to publish, to call and to configure, done with SpaceONE's real monitoring service.

The calls are those that spacectl makes of the commands; spacectl itself is not run. `oci` is a stand-in that keeps its arguments.
"""

import importlib
import json
import re
import shlex
import subprocess
import uuid

import pytest
import yaml
from google.protobuf import json_format

from corpus.cases import FIXTURES, load
from pages import ALERTS, GUIDES, OPERATOR_GUIDES, SOURCES, USER_GUIDES, blocks, name, typed

FIRING = load(FIXTURES / "alarm/firing_compute.json")
RECOVERY = load(FIXTURES / "alarm/recovery_compute.json")
CALLS = sorted(
    {line for page in USER_GUIDES + OPERATOR_GUIDES for line in typed(page) if re.match(r"spacectl exec \w+ monitoring", line)}
)


@pytest.fixture
def alarm():
    """Return the key of an alarm of its own."""
    return {"dedupeKey": uuid.uuid4().hex}


@pytest.fixture
def window(platform):
    """Return a function that configures the service; its own window comes back after the test."""
    yield lambda content: platform.configure(application=content)
    platform.configure(application="{}")


def call_of(command):
    """Return the resource, verb and parameters of a call, put together as spacectl does."""
    _, _, verb, api, *words = shlex.split(command)
    parameters = {}
    for flag, value in zip(words[::2], words[1::2], strict=True):
        if flag == "-f":
            parameters.update(next(each for each in map(json.loads, blocks(ALERTS[0], "json")) if "conditions" in each))
        elif flag == "-j":
            parameters.update(json.loads(value))
        else:
            key, _, text = value.partition("=")
            parameters[key] = text
    return api.removeprefix("monitoring."), verb, parameters


@pytest.mark.parametrize("command", CALLS)
def test_the_service_takes_each_call_of_the_guides(platform, command):
    resource, verb, parameters = call_of(command)
    module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", resource).lower()
    protocol = importlib.import_module(f"spaceone.api.monitoring.v1.{module}_pb2")
    request = protocol.DESCRIPTOR.services_by_name[resource].methods_by_name[verb].input_type
    json_format.ParseDict(parameters, getattr(protocol, request.name)())
    platform.api(resource=resource, verb=verb, parameters=parameters)


def test_the_options_of_the_guide_are_those_of_the_next_alert(platform, alarm):
    (command,) = (command for command in CALLS if "options" in command and "Webhook" in command)
    resource, verb, parameters = call_of(command)
    platform.api(resource=resource, verb=verb, parameters=parameters)
    platform.verify()
    assert platform.post(body=FIRING | alarm) == 200
    (alert,) = platform.alerts()
    assert "\n조건: " in alert["description"]
    assert platform.events()[0]["event_key"] == f"{alarm['dedupeKey']}/CRITICAL"


@pytest.mark.parametrize("page", GUIDES, ids=name)
def test_the_first_message_of_a_guide_is_published_and_becomes_an_alert(platform, page, tmp_path):
    (command,) = (line for line in typed(page) if line.startswith("oci "))
    first_test, *_ = blocks(page, "json")
    (tmp_path / "first-test.json").write_text(first_test, encoding="utf-8")
    oci = tmp_path / "oci"
    oci.write_text('#!/bin/sh\n[ "$1 $2 $3 $4 $6" = "ons message publish --topic-id --body" ] && printf %s "$7"\n')
    oci.chmod(0o755)
    published = subprocess.run(
        ["bash", "-c", f'PATH="{tmp_path}:$PATH"; {command}'], cwd=tmp_path, capture_output=True, text=True
    )
    assert platform.post(text=published.stdout) == 200
    (alert,) = platform.alerts()
    assert (alert["title"], alert["severity"], alert["state"]) == (json.loads(first_test)["title"], "INFO", "TRIGGERED")


@pytest.mark.parametrize("page", SOURCES, ids=name)
def test_messages_of_ones_own_join_by_their_key(platform, page):
    (own,) = (content for content in map(json.loads, blocks(page, "json")) if "dedupeKey" in content)
    for _ in range(2):
        assert platform.post(body=own) == 200
    (alert,) = platform.alerts()
    assert (alert["title"], alert["severity"], alert["urgency"]) == (own["title"], "ERROR", "HIGH")


def test_the_event_rule_of_the_guide_makes_its_events_urgent_and_no_others(platform):
    resource, verb, rule = call_of(next(command for command in CALLS if "EventRule" in command))
    platform.api(resource=resource, verb=verb, parameters=rule)
    for case in ("database_backup_end", "compute_instance_action_end"):
        assert platform.post(body=load(FIXTURES / f"oci_event/{case}.json")) == 200
    assert [alert["urgency"] for alert in platform.alerts()] == ["HIGH", "LOW"]


@pytest.mark.parametrize("page", OPERATOR_GUIDES, ids=name)
def test_the_window_of_the_operators_guide_closes_what_recovers_weeks_later(platform, window, alarm, page):
    (values,) = (values for values in map(yaml.safe_load, blocks(page, "yaml")) if "monitoring" in values)
    window(yaml.safe_dump(values["monitoring"]["application_rest"]))
    assert platform.post(body=FIRING | alarm) == 200
    platform.age(seconds=30 * 24 * 3600)
    assert platform.post(body=RECOVERY | alarm) == 200
    assert [alert["state"] for alert in platform.alerts()] == ["RESOLVED"]


def test_a_window_in_quotes_does_not_start(platform, window):
    with pytest.raises(AssertionError, match="Value type is invalid"):
        window('DUPLICATE_EVENT_TIME: "2764800"')


def test_the_successor_of_a_webhook_resolves_what_the_first_one_opened(platform, alarm):
    first = platform.url
    successor = platform.webhook(options={})
    for url in (first, successor):
        assert platform.post(body=FIRING | alarm, url=url) == 200
    assert len(platform.alerts()) == 1
    assert platform.post(body=RECOVERY | alarm, url=successor) == 200
    assert [alert["state"] for alert in platform.alerts()] == ["RESOLVED"]
