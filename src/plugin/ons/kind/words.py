"""Oracle's words for state and severity, in SpaceONE's."""

from __future__ import annotations

from plugin.model.event import EventType, Ignored, IgnoredReason, Severity

# https://docs.oracle.com/en-us/iaas/Content/Monitoring/Tasks/message-format.htm
MESSAGE_TYPES: dict[str, EventType | Ignored] = {
    "OK_TO_FIRING": EventType.ALERT,
    "REPEAT": EventType.ALERT,
    "FIRING_TO_OK": EventType.RECOVERY,
    "RESET": EventType.RECOVERY,  # what fired went silent: a close, not proof of health
    "RULE_CHANGE": Ignored(IgnoredReason.RULE_CHANGE),
}

# https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/20180401/AlarmStatusSummary
STATUSES: dict[str, EventType | Ignored] = {
    "FIRING": EventType.ALERT,
    "OK": EventType.RECOVERY,
    "INSUFFICIENT_DATA": Ignored(IgnoredReason.NO_STATE_CHANGE),  # SpaceONE's NONE, as any other status
}

SEVERITIES = {severity.value: severity for severity in Severity}  # Oracle's names are SpaceONE's


def event_type(status: str, message_type: str = "") -> EventType | Ignored:
    """Return what a status, or before it a message type, stands for."""
    silent = Ignored(IgnoredReason.NO_STATE_CHANGE)
    return MESSAGE_TYPES.get(message_type.upper()) or STATUSES.get(status.upper(), silent)


def severity(word: str) -> Severity:
    """Return the severity of that name in any case, or INFO."""
    return SEVERITIES.get(word.upper(), Severity.INFO)
