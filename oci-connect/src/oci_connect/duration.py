"""ISO 8601 durations, as far as OCI's alarms use them: days, hours, minutes and seconds.

https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/latest/datatypes/UpdateAlarmDetails
"""

from __future__ import annotations

import re

MAX_REPEAT = "PT5M"
WHY_REPEAT = (  # the platform's window is 600 seconds, and ONS may be minutes late
    "SpaceONE drops a recovery that comes more than 600 seconds after the last firing, and ONS may be minutes late: "
    "without a repeat of at most PT5M the alert may never close"
)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)


def seconds(text: object) -> int | None:
    """Return a duration in seconds, or None if it is none."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, secs = (int(group or 0) for group in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + secs


def too_long(repeat: object) -> bool:
    """Say whether SpaceONE may lose the recovery of an alarm that repeats so, or not at all."""
    every, maximum = seconds(repeat), seconds(MAX_REPEAT)
    return not every or every > (maximum or 0)
