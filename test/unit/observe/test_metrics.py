"""What is counted: names, help, and labels out of closed lists, each there from the start.

The page is made in a process of its own, so that nothing was counted before it.
"""

import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plugin import version
from plugin.error import ERROR_CODES

PAGE = """
import sys
from prometheus_client import generate_latest
from plugin.observe.metrics import REGISTRY
sys.stdout.write(generate_latest(REGISTRY).decode())
"""
KINDS = (
    "alarm",
    "alarm_specification",
    "cloud_guard",
    "budget",
    "oci_event",
    "log_record",
    "announcement",
    "metric_data",
    "notice",
    "confirmation",
    "batch",
)
BUCKETS = ("0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "4.0", "+Inf")
HELP = {
    "ons_webhook_messages": "Messages, by the kind they were recognised as.",
    "ons_webhook_last_message_timestamp_seconds": "When the last message was read, in Unix time; 0 before the first.",
    "ons_webhook_events": "Events handed to SpaceONE.",
    "ons_webhook_ignored": "Recognised messages that produced no event, by reason.",
    "ons_webhook_unreadable_fields": "Fields that were left out of an event because they could not be read.",
    "ons_webhook_refusals": "Requests refused, by error.",
    "ons_webhook_confirmations": "Subscription confirmations, by outcome.",
    "ons_webhook_certificate_fetches": "Fetches of signing certificates, by outcome.",
    "ons_webhook_memory_failures": "Alarms that passed without the memory in Redis, because it failed.",
    "ons_webhook_memory_evictions": (
        "States of alarms that were forgotten before their time, because the memory, or its owner's share of it, was full."
    ),
    "ons_webhook_log_lines_dropped": "Log lines that were dropped, because standard error would have blocked.",
    "ons_webhook_request_seconds": "Time to answer a request, by method.",
    "ons_webhook_held_seconds": "Time that events waited, because another event of the same alarm had just been answered.",
    "ons_webhook_delivery_delay_seconds": "Time from an event's occurred_at until its message arrived.",
    "ons_webhook_build_info": "The plugin's version.",
}


@pytest.fixture(scope="module")
def families():
    page = subprocess.run([sys.executable, "-c", PAGE], capture_output=True, text=True, check=True, timeout=60).stdout
    return {family.name: family for family in text_string_to_metric_families(page)}


def labels(family, name):
    return {tuple(sample.labels.values()): sample.value for sample in family.samples if sample.name == name}


def test_each_metric_has_its_name_and_help(families):
    assert {name: families[name].documentation for name in families if name.startswith("ons_")} == HELP
    assert any(name.startswith("process_") for name in families)


def test_no_time_of_creation_stands_beside_a_count(families):
    assert not any(sample.name.endswith("_created") for family in families.values() for sample in family.samples)


@pytest.mark.parametrize(
    ("name", "label", "values"),
    [
        ("messages", "kind", KINDS),
        (
            "ignored",
            "reason",
            ("no_state_change", "metric_data", "oci_events_ignored", "older_than_recovery", "older_than_alert"),
        ),
        ("refusals", "error", ERROR_CODES),
        ("confirmations", "outcome", ("confirmed", "failed")),
        ("certificate_fetches", "outcome", ("fetched", "failed")),
    ],
)
def test_each_label_is_there_at_zero(families, name, label, values):
    family = families[f"ons_webhook_{name}"]
    assert labels(family, f"ons_webhook_{name}_total") == {(value,): 0 for value in values}
    assert {tuple(sample.labels) for sample in family.samples} == {(label,)}


@pytest.mark.parametrize("name", ["unreadable_fields", "memory_failures", "memory_evictions", "log_lines_dropped"])
def test_what_needs_no_label_is_there_at_zero(families, name):
    (sample,) = families[f"ons_webhook_{name}"].samples
    assert (sample.name, sample.labels, sample.value) == (f"ons_webhook_{name}_total", {}, 0)


def test_before_the_first_message_the_time_of_the_last_is_zero(families):
    (sample,) = families["ons_webhook_last_message_timestamp_seconds"].samples
    assert (sample.labels, sample.value) == ({}, 0)


def test_events_are_counted_by_type_and_severity(families):
    counted = labels(families["ons_webhook_events"], "ons_webhook_events_total")
    assert counted == {
        (type_, severity): 0 for type_ in ("ALERT", "RECOVERY") for severity in ("CRITICAL", "ERROR", "WARNING", "INFO")
    }
    assert {tuple(sample.labels) for sample in families["ons_webhook_events"].samples} == {("event_type", "severity")}


def test_seconds_are_observed_by_method_in_buckets_up_to_4_seconds(families):
    family = families["ons_webhook_request_seconds"]
    assert labels(family, "ons_webhook_request_seconds_count") == {("init",): 0, ("verify",): 0, ("parse",): 0}
    buckets = [
        sample.labels["le"] for sample in family.samples if sample.labels.get("method") == "parse" and "le" in sample.labels
    ]
    assert tuple(buckets) == BUCKETS


def test_the_version_is_shown(families):
    assert [sample.labels for sample in families["ons_webhook_build_info"].samples] == [{"version": version()}]
