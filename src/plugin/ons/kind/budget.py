"""A budget alert: spending reached, or is forecast to reach, the threshold of an alert rule; or the rule was reset.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm (Budgets)
"""

from __future__ import annotations

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, EventType, Resource, Severity
from plugin.ons import identifiers
from plugin.ons.kind import cloud_event
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.text import describe, label_value, title_with
from plugin.setting.option import Options

DELETED = "com.oraclecloud.budgets.deletetriggeredalert"
EVENT_TYPES = {
    "com.oraclecloud.budgets.createtriggeredalert": EventType.ALERT,  # unless its triggeredAlertType is RESET
    "com.oraclecloud.budgets.resettriggeredalert": EventType.RECOVERY,
    DELETED: EventType.RECOVERY,
}
ALERT_PHRASES = {  # triggeredAlertType -> phrase
    "ACTUAL": "actual_reached",
    "FORECAST": "forecast_reached",
}
LINES = {  # of the description: fields of additionalDetails -> phrase; other details follow under their names
    ("budgetName", "budgetDisplayName", "displayName"): "budget",
    ("amount", "budgetAmount"): "amount",
    ("actualSpend", "actualSpending", "spend"): "spent",
    ("forecastedSpend", "forecastSpend"): "forecast",
}
THRESHOLD, THRESHOLD_TYPE, ALERT_TYPE = "threshold", "thresholdType", "triggeredAlertType"
PHRASED_DETAILS = {*(key for keys in LINES for key in keys), THRESHOLD, THRESHOLD_TYPE, ALERT_TYPE}


def transform(message: Message, options: Options) -> Event:
    """Return the event of a budget's alert rule; raise ERROR_FIELD if neither budget nor rule can be read."""
    fields = message.fields
    data = fields.object("data")
    details = cloud_event.details(data, PHRASED_DETAILS)
    budget, rule = details.get("budgetId", ""), details.get("alertRuleId", "")
    if not budget and not rule:
        raise ERROR_FIELD("data.additionalDetails.budgetId", "text")
    phrases = PHRASES[options.language]
    current = cloud_event.current(data)
    event_type = cloud_event.event_type(fields.body)
    alert_type = (current.text(ALERT_TYPE) or details.get(ALERT_TYPE, "")).upper()
    is_over = alert_type == "RESET" or EVENT_TYPES[event_type] is EventType.RECOVERY
    values = {phrase: identifiers.first_named(details, keys) for keys, phrase in LINES.items()}
    end_sentence = phrases.budget_deleted if event_type == DELETED else phrases.budget_reset
    name = values["budget"] or data.text("compartmentName")
    return Event(
        event_key=f"{budget}/{rule}",
        key_is_hash=not (identifiers.resource_type(budget) or identifiers.resource_type(rule)),
        event_type=EventType.RECOVERY if is_over else EventType.ALERT,
        title=title_with(phrases.budget_alert, [name] if name else []),
        description=describe(
            phrases,
            [end_sentence if is_over else getattr(phrases, ALERT_PHRASES.get(alert_type, "threshold_reached"))],
            [
                *(label_value(f"- {getattr(phrases, phrase)}", value) for phrase, value in values.items()),
                label_value(f"- {phrases.threshold}", _threshold(details)),
                *(f"- {key}: {value}" for key, value in details.items() if key not in PHRASED_DETAILS),
            ],
            [label_value(phrases.compartment, data.text("compartmentName"))],
        ),
        severity=Severity.INFO if alert_type == "FORECAST" else Severity.WARNING,
        resource=Resource(identifiers.lower(budget), name or budget) if budget else None,
        rule=rule,
        account=cloud_event.tenancy(message),
        occurred_at=fields.time("eventTime"),
        additional_info=cloud_event.info(
            message,
            {
                "budget_id": budget,
                "budget_name": values["budget"],
                "amount": values["amount"],
                "threshold": _threshold(details),
                "alert_rule_id": rule,
                "triggered_alert_type": alert_type,
            },
        ),
    )


def _threshold(details: dict[str, str]) -> str:
    """Return `80 %` for a threshold of the type PERCENTAGE, else the number."""
    threshold = details.get(THRESHOLD, "")
    return f"{threshold} %" if threshold and details.get(THRESHOLD_TYPE, "").upper() == "PERCENTAGE" else threshold


KIND = Kind("budget", fits=lambda body: cloud_event.event_type(body) in EVENT_TYPES, transform=transform, closes=True)
