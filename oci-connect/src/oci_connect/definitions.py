"""The alarm file: a list of alarms, in the field names of OCI's API.

https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/datatypes/CreateAlarmDetails
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from oci_connect.arguments import ALARM_SETS
from oci_connect.definition_fields import DEFAULTS, FIELDS, REQUIRED
from oci_connect.error import UsageError

Definition = dict[str, Any]  # OCI's field name -> value


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read(file: str | None) -> list[Definition]:
    """Return the alarms of a file or of a set of oci-connect, or raise UsageError that names file and field."""
    path = alarm_file(file)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a safe loader
    except (OSError, UnicodeDecodeError) as e:
        near = difflib.get_close_matches(str(path), [each.stem for each in ALARM_SETS.glob("*.yaml")], 1)
        raise UsageError(f"{path}: the file cannot be read as text{f'; did you mean {near[0]}?' if near else '.'}") from e
    except (yaml.YAMLError, ValueError) as e:
        mark = getattr(e, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: this is no YAML: {getattr(e, 'problem', None) or 'it cannot be read'}.") from e
    try:
        return _alarms(content)
    except UsageError as e:
        raise UsageError(f"{path}: {e}") from None


def alarm_file(name: str | None) -> Path:
    """Return the path of a file or a bundled set; without a name of the set `default`."""
    own = ALARM_SETS / f"{name or 'default'}.yaml"
    return own if own in ALARM_SETS.iterdir() else Path(name or "").expanduser()


def elsewhere(alarms: Sequence[Definition], field: str = "compartmentId") -> list[str]:
    """Return the compartments named in alarms."""
    return sorted({alarm[field] for alarm in alarms if field in alarm})


def _alarms(content: Any) -> list[Definition]:
    if not isinstance(content, Mapping) or content.keys() != {"alarms"} or not isinstance(content["alarms"], list):
        raise UsageError("a list of alarms below the key alarms expected, and nothing else.")
    if not content["alarms"]:
        raise UsageError("alarms: the list is empty; --no-alarms makes topic and subscription only.")
    alarms: dict[tuple[str, str], Definition] = {}
    for number, alarm in enumerate(content["alarms"], 1):
        if not isinstance(alarm, Mapping):
            raise UsageError(f"alarm {number}: fields such as displayName: … expected.")
        _check(alarm, str(alarm.get("displayName") or f"alarm {number}"))
        key = (alarm["displayName"], alarm.get("compartmentId", ""))
        if key in alarms:
            raise UsageError(f"{key[0]}: displayName: two alarms have this name, and could not be told apart.")
        alarms[key] = {**DEFAULTS, **alarm}
    return list(alarms.values())


def _check(alarm: Mapping[Any, Any], name: str) -> None:
    for field, value in alarm.items():
        if field not in FIELDS:
            near = difflib.get_close_matches(str(field), FIELDS, 1)
            raise UsageError(f"{name}: {field}: there is no such field" + (f"; {near[0]} is meant?" if near else "."))
        if reason := FIELDS[field](value):
            raise UsageError(f"{name}: {field}: {reason}.")
    if missing := [field for field in REQUIRED if field not in alarm]:
        raise UsageError(f"{name}: {missing[0]}: the field is missing.")
