"""A budget's alert: spending reached, or is forecast to reach, the threshold of an alert rule; or the rule was reset.

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm (Budgets)
"""

from __future__ import annotations

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, EventType, Resource, Severity
from plugin.ons import read, times
from plugin.ons.kind import cloud_event
from plugin.ons.message import Kind, Message
from plugin.ons.text import described, titled
from plugin.setting.option import Options

CREATE_TRIGGERED_ALERT = "com.oraclecloud.budgets.createtriggeredalert"
TYPE = ("triggeredAlertType",)
STATE = ("data", "stateChange", "current")
SENTENCES = {
    "ACTUAL": "Actual spending reached the threshold of the budget's alert rule.",
    "FORECAST": "Spending is forecast to reach the threshold of the budget's alert rule.",
    "RESET": "Recovered: the budget's alert rule was reset.",
}


def transform(message: Message, options: Options) -> Event:
    """Return the event of a budget's alert rule."""
    body = message.body
    details = cloud_event.details(body)
    budget, rule = details.get("budgetId", ""), details.get("alertRuleId", "")
    if not budget and not rule:
        raise ERROR_FIELD("data.additionalDetails.budgetId", "text")
    alert_type = (read.text(body, *STATE, *TYPE) or details.get(*TYPE, "") or "ACTUAL").upper()
    name = details.get("budgetName", "") or details.get("displayName", "") or read.text(body, "data", "compartmentName")
    occurred_at, note = times.read(body.get("eventTime"))
    return Event(
        event_key=f"{budget}/{rule}",
        event_type=EventType.RECOVERY if alert_type == "RESET" else EventType.ALERT,
        title=titled("Budget alert", [name] if name else []),
        description=described(
            [SENTENCES.get(alert_type, SENTENCES["ACTUAL"])], [f"- {key}: {value}" for key, value in details.items() if value]
        ),
        severity=Severity.INFO if alert_type == "FORECAST" else Severity.WARNING,
        provider=options.provider,
        resource=Resource(budget, name or budget) if budget else None,
        rule=rule,
        account=cloud_event.owner(body, details),
        occurred_at=occurred_at,
        additional_info=cloud_event.info(
            message,
            {"budget_id": budget, "alert_rule_id": rule, "triggered_alert_type": alert_type, "occurred_at": note},
        ),
    )


KIND = Kind(
    "budget",
    fits=lambda body: cloud_event.event_type(body) == CREATE_TRIGGERED_ALERT,
    transform=transform,
    closes=True,
)
