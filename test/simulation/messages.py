"""What OCI writes into its messages: captured and documented ones, made those of a scenario's alarms, problems, budgets and pairs.

The samples are the fixtures that the plugin's own tests know, of the versions 1.0 to 1.5; nothing else of them is changed than
what differs from message to message. No real capture is known of a FIRING_TO_OK, a RESET or a RULE_CHANGE: they are a firing's
sample with the type, the status and the streams of such a message.
"""

from __future__ import annotations

import copy
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from corpus.cases import FIXTURES, load
from simulation.oci import OK, Published
from simulation.scenario import Alarm, Scenario

SAMPLES = {
    "compute": "alarm/firing_compute.json",  # 1.5, documented
    "database": "alarm/autonomous_database.json",  # 1.5, captured
    "storage": "alarm/object_storage_v1_3.json",  # 1.3, captured
    "cpu": "alarm/cpu_v1_0.json",  # 1.0, Oracle's sample: its only time is in milliseconds
    "memory": "alarm/memory_v1_0.json",  # 1.0, Oracle's sample
    "container": "alarm/container_korean_abridged.json",  # without dedupeKey, OCID and time, which the guard needs
}
UNGUARDED = ("container",)
NAMING = (
    "resourceDisplayName",
    "resourceName",
    "resourceId",
    "resourceID",
    "containerName",
)  # dimensions that are a stream's own
PROBLEMS = {"problemdetected": "detected", "problemremediated": "remediated", "problemdismissed": "dismissed"}
PAIRS = {
    "DatabaseDownBegin": "pair_database_down_begins",
    "DatabaseDownEnd": "pair_database_down_is_over",
    "DISCONNECTED": "pair_exadata_connection_lost",
    "CONNECTED": "pair_exadata_connection_is_back",
    "NEEDS_ATTENTION": "pair_goldengate_needs_attention",
    "ACTIVE": "pair_goldengate_is_active",
}
BUDGETS = {"ACTUAL": "actual", "FORECAST": "forecast", "RESET": "reset"}
EVENTS = (("cloud_guard", PROBLEMS), ("budget", BUDGETS), ("oci_event", PAIRS))
_KEY = re.compile(r":([^;:]+);")
_BODIES = {path: load(FIXTURES / path) for path in SAMPLES.values()}
_BODIES |= {
    path: load(FIXTURES / path) for kind, samples in EVENTS for path in (f"{kind}/{each}.json" for each in samples.values())
}


def body_of(published: Published, scenario: Scenario, start: datetime, run: str) -> dict[str, Any]:
    """Return the body of a message; `run` makes its keys unique."""
    at = start + timedelta(minutes=published.minute)
    alarm = scenario.alarms.get(published.source)
    if alarm:
        return _alarm(published, alarm, at, run)
    kind, samples = next(each for each in EVENTS if published.kind in each[1])
    return _event(published, _BODIES[f"{kind}/{samples[published.kind]}.json"], at, run)


def headers_of(published: Published, start: datetime, run: str) -> dict[str, str]:
    """Return ONS's headers of a message, the same for each copy."""
    at = start + timedelta(minutes=published.minute)
    return {
        "X-OCI-NS-MessageType": "Notification",
        "X-OCI-NS-MessageId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run}{published.name}")),
        "X-OCI-NS-TopicOcid": "ocid1.onstopic.oc1.ap-seoul-1.example",
        "X-OCI-NS-TopicName": "simulation",
        "X-OCI-NS-Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
    }


def title_of(key: str, run: str) -> str:
    """Return the title by which an alert is known to be that of a key, whatever its event_key is."""
    return f"{run}:{key};"


def key_of(title: str) -> str:
    """Return the key in an alert's title, or "" for an alert that is none of a scenario's."""
    found = _KEY.search(title)
    return found[1] if found else ""


def _alarm(published: Published, alarm: Alarm, at: datetime, run: str) -> dict[str, Any]:
    body = copy.deepcopy(_BODIES[SAMPLES[alarm.sample]])
    meta = body["alarmMetaData"][0]
    severity = alarm.severities[-1] if published.state == OK else published.state
    body |= {"title": title_of(published.key, run), "type": published.kind, "severity": severity}
    meta["status"] = OK if published.state == OK else "FIRING"
    ids: dict[str, tuple[dict[str, Any], str]] = {
        "dedupeKey": (body, f"{run}-{published.key}"),
        "id": (meta, f"ocid1.alarm.oc1.ap-seoul-1.{run}{published.source}"),
        "severity": (meta, severity),
        "totalMetricsFiring": (meta, len(published.streams)),  # type: ignore[dict-item]
        "timestamp": (body, at.strftime("%Y-%m-%dT%H:%M:%SZ")),
        "timestampEpochMillis": (body, int(at.timestamp() * 1000)),  # type: ignore[dict-item]
    }
    for name, (place, value) in ids.items():
        if name in place:  # each version has its own
            place[name] = value
    if "notificationType" in body and alarm.split:
        body["notificationType"] = "Split messages per metric stream"
    dimensions, values = meta["dimensions"][0], meta.get("metricValues", [None])[0]
    meta["dimensions"] = [_dimensions(dimensions, number) for number in published.streams]
    if "metricValues" in meta:
        meta["metricValues"] = [values for _ in published.streams]
    return body


def _dimensions(sample: dict[str, str], number: int) -> dict[str, str]:
    return {name: f"{value}-{number}" if name in NAMING else value for name, value in sample.items()}


def _event(published: Published, sample: dict[str, Any], at: datetime, run: str) -> dict[str, Any]:
    body = copy.deepcopy(sample)
    body |= {"eventTime": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "eventID": f"{run}-{published.name}"}
    data, title = body["data"], title_of(published.key, run)
    if published.kind in PROBLEMS:
        data |= {"resourceId": f"ocid1.cloudguardproblem.oc1.iad.{run}{published.key}", "resourceName": title}
    elif published.kind in PAIRS:
        kind, _, _ = data["resourceId"].rpartition(".")
        data |= {"resourceId": f"{kind}.{run}{published.key}", "resourceName": title}
    else:
        rule = f"ocid1.alertrule.oc1.phx.{published.key}"
        data["additionalDetails"] |= {"budgetId": f"ocid1.budget.oc1.phx.{run}", "alertRuleId": rule, "budgetName": title}
    return body
