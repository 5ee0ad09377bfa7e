"""The alarm file: a list of alarms, in the field names of OCI's API.

https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/datatypes/CreateAlarmDetails
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from oci_connect.arguments import ALARM_FILE
from oci_connect.error import UsageError

Definition = dict[str, Any]  # OCI's field name -> value

REQUIRED = {"displayName", "namespace", "query", "severity"}
DEFAULTS: Definition = {
    "pendingDuration": "PT5M",
    "repeatNotificationDuration": "PT5M",
    "isEnabled": True,
    "messageFormat": "RAW",
}
OPTIONAL = {"body", "isNotificationsPerMetricDimensionEnabled", "resourceGroup", "resolution", *DEFAULTS}
SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")


def read(file: str) -> list[Definition]:
    """Return the alarms of a file, or raise UsageError."""
    try:
        alarms: list[Definition] = list(yaml.safe_load(Path(file).read_text(encoding="utf-8"))["alarms"])
        for alarm in alarms:
            _check(file, alarm)
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError) as e:
        raise UsageError(f"{file}: a list of alarms expected, as in {ALARM_FILE.name}.") from e
    return alarms


def _check(file: str, alarm: Definition) -> None:
    wrong = alarm.keys() - REQUIRED - OPTIONAL or REQUIRED - alarm.keys()
    if not wrong and alarm["severity"] not in SEVERITIES:
        wrong = {"severity"}
    if wrong:
        raise UsageError(f"{file}: {alarm.get('displayName', 'an alarm')}: check {', '.join(sorted(wrong))}.")
