"""Waiting until the plugin has confirmed a subscription."""

from __future__ import annotations

import time
from dataclasses import replace

from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.error import FORBIDDEN, Refusal, TimedOut
from oci_connect.plan.step import Step
from oci_connect.webhook_url import label

POLL_INTERVAL = 1.0  # seconds
STILL_PENDING = (
    "The subscription is still pending. Look in SpaceONE for an alert in state ERROR, which says why; check that OCI reaches "
    "the webhook URL, and the plugin port 443; then choose Resend confirmation in the OCI console, and run the command again."
)


def wait_until_active(context: Context, connection: Connection, subscription: str, state: str) -> None:
    """Wait until the plugin has confirmed a subscription; raise TimedOut after --wait seconds."""
    name = label(context.url)
    deadline = time.monotonic() + context.arguments.wait
    if state != "ACTIVE":
        with context.output.waiting(f"waiting up to {context.arguments.wait:g} s for the plugin to confirm the subscription"):
            while not _is_active(connection, subscription, name):
                if time.monotonic() >= deadline:
                    raise TimedOut(STILL_PENDING)
                time.sleep(POLL_INTERVAL)
    made = connection.made["subscription"].get(subscription)
    if made:
        connection.made["subscription"][subscription] = replace(made, fields={**made.fields, "lifecycleState": "ACTIVE"})
    context.output.step(Step("active", "subscription", name, connection.region, context.home, subscription))


def _is_active(connection: Connection, subscription: str, name: str) -> bool:
    """Say whether the subscription is active; OCI may not know yet what it has just made."""
    try:
        reply = connection.ask(f"read the subscription {name}", connection.messages.get_subscription, subscription)
    except Refusal as e:
        if e.status == FORBIDDEN and subscription in connection.made["subscription"]:
            return False
        raise
    return bool(reply.data.lifecycle_state == "ACTIVE")
