"""Oracle's services by their SDK, and what of ours is in them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import oci

from oci_connect.output import Story, WrongUse

TAG, OURS = "made-by", "plugin-oci-ons-mon-webhook"


class Connection:
    """Oracle's services, and what of ours is in them."""

    def __init__(self, arguments: argparse.Namespace, story: Story) -> None:
        self.arguments, self.story, self.compartment = arguments, story, arguments.compartment
        config, more = _identity(arguments)
        more |= {"retry_strategy": _retries(), "timeout": (5, 30)}
        if arguments.endpoint:
            more["service_endpoint"] = arguments.endpoint
        self.topics = oci.ons.NotificationControlPlaneClient(config, **more)
        self.messages = oci.ons.NotificationDataPlaneClient(config, **more)
        self.monitoring = oci.monitoring.MonitoringClient(config, **more)

    def topic(self) -> Any:
        """Return the topic: the one given, else ours of that name, or None."""
        if self.arguments.topic:
            return self.topics.get_topic(self.arguments.topic).data
        found = everything(self.topics.list_topics, self.compartment, name=self.arguments.name)
        return next((topic for topic in found if topic.name == self.arguments.name and topic.lifecycle_state == "ACTIVE"), None)

    def subscription(self, topic: Any) -> Any:
        """Return the topic's subscription to the webhook, or None."""
        found = everything(self.messages.list_subscriptions, self.compartment, topic_id=topic.topic_id) if topic else ()
        url = self.arguments.webhook_url
        return next((each for each in found if each.endpoint == url and each.lifecycle_state in ("PENDING", "ACTIVE")), None)

    def alarms(self) -> dict[str, Any]:
        """Return our alarms, by name."""
        found = everything(self.monitoring.list_alarms, self.compartment)
        return {alarm.display_name: alarm for alarm in found if is_ours(alarm) and alarm.lifecycle_state == "ACTIVE"}

    def host(self) -> str:
        """Return the webhook's host: no more of the URL, for it holds the access key."""
        return urlsplit(self.arguments.webhook_url).hostname or ""


def everything(call: Callable[..., Any], *words: Any, **more: Any) -> list[Any]:
    """Return all pages. The SDK's own way of paging retries by a strategy of its own, for ten minutes."""
    reply = call(*words, **more)
    found = list(reply.data)
    while reply.has_next_page:
        reply = call(*words, **more, page=reply.next_page)
        found += reply.data
    return found


def is_ours(thing: Any) -> bool:
    """Say whether oci-connect made a thing."""
    return bool((thing.freeform_tags or {}).get(TAG) == OURS)


def _retries() -> Any:
    """Return the SDK's strategy, with backoff and jitter, for what passes; its default would go on for ten minutes."""
    builder = oci.retry.RetryStrategyBuilder(retry_max_wait_between_calls_seconds=8)
    builder.add_max_attempts(5).add_total_elapsed_time(60)
    checked = builder.add_service_error_check(service_error_retry_config={429: []}, service_error_retry_on_any_5xx=True)
    return checked.get_retry_strategy()


def _identity(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the SDK's configuration and the signer."""
    if arguments.auth == "instance_principal":
        signer = oci.auth.signers.InstancePrincipalsSecurityTokenSigner()
        return {"region": arguments.region or signer.region}, {"signer": signer}
    try:
        config = oci.config.from_file(arguments.config, arguments.profile)
        if arguments.region:
            config["region"] = arguments.region
        oci.config.validate_config(config)
    except (oci.exceptions.ConfigFileNotFound, oci.exceptions.ProfileNotFound, oci.exceptions.InvalidConfig) as e:
        raise WrongUse(f"{arguments.config} has no usable profile {arguments.profile}: {type(e).__name__}.") from None
    return config, {}
