"""The fields of an alarm in the alarm file, each with a check that returns an error text or "".

https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/datatypes/CreateAlarmDetails
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oci_connect import check, mql, tags
from oci_connect.arguments import COMPARTMENTS
from oci_connect.duration import MAX_REPEAT, seconds
from oci_connect.error import UsageError

Check = Callable[[Any], str]

SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")
REQUIRED = ("displayName", "namespace", "query", "severity")
DEFAULTS: dict[str, Any] = {
    "pendingDuration": "PT5M",
    "repeatNotificationDuration": MAX_REPEAT,
    "isEnabled": True,
    "messageFormat": "RAW",
}
OVERRIDE = ("ruleName", "query", "severity", "body", "pendingDuration")  # fields of an alarm's further rules
MAX_FILE_TAGS = tags.MAX_TAGS - 2  # owner and definition are added


def _text(maximum: int) -> Check:
    def wrong(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            return "text expected"
        return f"at most {maximum} characters expected" if len(value) > maximum else ""

    return wrong


def _truth(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false expected"


def _one_of(*words: str) -> Check:
    def wrong(value: Any) -> str:
        return "" if value in words else f"{', '.join(words)} expected"

    return wrong


def _duration(minimum: str, maximum: str) -> Check:
    def wrong(value: Any) -> str:
        length = seconds(value)
        if length is None:
            return "an ISO 8601 duration expected, as PT5M for five minutes"
        within = (seconds(minimum) or 0) <= length <= (seconds(maximum) or 0)
        return "" if within else f"OCI takes from {minimum} to {maximum}"

    return wrong


def _compartment(value: Any) -> str:
    try:
        check.ocid(str(value), "", *COMPARTMENTS)
    except UsageError as e:
        return str(e).lstrip(": ").rstrip(".")
    return ""


def _tags(value: Any) -> str:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for pair in value.items() for each in pair):
        return "names and texts expected"
    if any(key.startswith(tags.PREFIX) for key in value):
        return f"names that begin with {tags.PREFIX} belong to oci-connect"
    return (
        ""
        if len(value) <= MAX_FILE_TAGS and tags.fit(value)
        else (
            f"OCI takes {MAX_FILE_TAGS} tags beside oci-connect's own, with names of {tags.MAX_KEY} and texts of "
            f"{tags.MAX_VALUE} characters"
        )
    )


def _destinations(value: Any) -> str:
    is_one = isinstance(value, list) and len(value) == 1 and str(value[0]).startswith("ocid1.onstopic.")
    return "" if is_one else "a list with the OCID of one topic expected"


def _overrides(value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(rule, Mapping) for rule in value):
        return "a list of further rules expected"
    for rule in value:
        for field, each in rule.items():
            wrong = FIELDS[field](each) if field in OVERRIDE else "there is no such field of a rule"
            if wrong:
                return f"{field}: {wrong}"
        if "ruleName" not in rule:
            return "ruleName: the field is missing"
    return ""


FIELDS: dict[str, Check] = {
    "displayName": _text(255),
    "compartmentId": _compartment,  # default: each compartment of the command line
    "metricCompartmentId": _compartment,  # default: the alarm's compartment
    "metricCompartmentIdInSubtree": _truth,
    "namespace": _text(255),
    "resourceGroup": _text(255),
    "query": mql.wrong,
    "resolution": _one_of("1m"),
    "severity": _one_of(*SEVERITIES),
    "body": _text(4096),
    "pendingDuration": _duration("PT1M", "PT1H"),
    "repeatNotificationDuration": _duration("PT1M", "P30D"),
    "evaluationSlackDuration": _duration("PT3M", "PT2H"),
    "isEnabled": _truth,
    "isNotificationsPerMetricDimensionEnabled": _truth,
    "messageFormat": _one_of("RAW"),  # what the plugin reads
    "notificationTitle": _text(4096),
    "alarmSummary": _text(4096),
    "ruleName": _text(255),
    "overrides": _overrides,
    "freeformTags": _tags,
    "destinations": _destinations,  # default: the topic
}
