"""Map Oracle's states and severities to SpaceONE's."""

from __future__ import annotations

from plugin.model.event import EventType, Ignored, IgnoredReason, Severity

# https://docs.oracle.com/en-us/iaas/Content/Monitoring/Tasks/message-format.htm
# RULE_CHANGE, from one rule of an alarm to another, has no row: the status decides.
MESSAGE_TYPES = {
    "OK_TO_FIRING": EventType.ALERT,
    "REPEAT": EventType.ALERT,
    "FIRING_TO_OK": EventType.RECOVERY,
    "RESET": EventType.RECOVERY,  # the metric stopped: closes the alert, is no proof of health
}
RULE_CHANGE = "RULE_CHANGE"

# https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/20180401/AlarmStatusSummary
STATUSES = {
    "FIRING": EventType.ALERT,
    "OK": EventType.RECOVERY,
}
NO_STATE_CHANGE = Ignored(IgnoredReason.NO_STATE_CHANGE)  # INSUFFICIENT_DATA, and any other status: SpaceONE's NONE

SEVERITIES = {  # of all kinds, in any case; Cloud Guard has its own table
    **dict.fromkeys(("CRITICAL", "FATAL", "CRIT", "EMERGENCY", "EMERG", "PANIC", "SEV1", "P1"), Severity.CRITICAL),
    **dict.fromkeys(("ERROR", "ERR", "SEVERE", "HIGH", "MAJOR", "SEV2", "P2"), Severity.ERROR),
    **dict.fromkeys(("WARNING", "WARN", "MEDIUM", "MODERATE", "MINOR", "SEV3", "P3"), Severity.WARNING),
    **dict.fromkeys(("INFO", "INFORMATION", "INFORMATIONAL", "NOTICE", "DEBUG", "LOW", "P4", "P5"), Severity.INFO),
}


def event_type(status: str, message_type: str = "") -> EventType | Ignored:
    """Return the event type of a message type, else of a status."""
    return MESSAGE_TYPES.get(message_type.upper()) or STATUSES.get(status.upper()) or NO_STATE_CHANGE


def severity(*words: str) -> Severity | None:
    """Return the severity of the first known word, or None."""
    return next((SEVERITIES[word.upper()] for word in words if word.upper() in SEVERITIES), None)
