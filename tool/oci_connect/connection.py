"""Oracle's services by their SDK, and what in them belongs to this command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import oci

from oci_connect.arguments import Arguments
from oci_connect.error import UsageError

OWNER_TAG, OWNER = "made-by", "plugin-oci-ons-mon-webhook"
TIMEOUTS = (5, 30)  # seconds to connect, and to read


class Owned(Protocol):
    """Anything of OCI that carries tags."""

    freeform_tags: dict[str, str] | None
    lifecycle_state: str


class Topic(Owned, Protocol):
    """What the command reads of oci.ons.models.NotificationTopicSummary and NotificationTopic."""

    topic_id: str
    name: str


class Subscription(Owned, Protocol):
    """What the command reads of oci.ons.models.SubscriptionSummary."""

    id: str
    endpoint: str


class Alarm(Owned, Protocol):
    """What the command reads of oci.monitoring.models.AlarmSummary."""

    id: str
    display_name: str


class Connection:
    """Oracle's three clients, and the topic, subscription and alarms found by them."""

    def __init__(self, arguments: Arguments) -> None:
        self.compartment = arguments.compartment
        self._arguments = arguments
        config, settings = _identity(arguments)
        settings |= {"retry_strategy": _retry_strategy(), "timeout": TIMEOUTS}
        if arguments.endpoint:
            settings["service_endpoint"] = arguments.endpoint
        self.topics = oci.ons.NotificationControlPlaneClient(config, **settings)
        self.messages = oci.ons.NotificationDataPlaneClient(config, **settings)
        self.monitoring = oci.monitoring.MonitoringClient(config, **settings)

    def topic(self) -> Topic | None:
        """Return the topic of --topic, else the active one of that name, or None."""
        if self._arguments.topic:
            named: Topic = self.topics.get_topic(self._arguments.topic).data
            return named
        name = self._arguments.name
        topics: list[Topic] = all_pages(self.topics.list_topics, self.compartment, name=name)
        return next((topic for topic in topics if topic.name == name and topic.lifecycle_state == "ACTIVE"), None)

    def subscription(self, topic: Topic | None) -> Subscription | None:
        """Return the topic's subscription to the webhook, or None."""
        if not topic:
            return None
        subscriptions: list[Subscription] = all_pages(
            self.messages.list_subscriptions, self.compartment, topic_id=topic.topic_id
        )
        for subscription in subscriptions:
            if subscription.endpoint == self._arguments.webhook_url and subscription.lifecycle_state in ("PENDING", "ACTIVE"):
                return subscription
        return None

    def alarms(self) -> dict[str, Alarm]:
        """Return the alarms that this command made, by name."""
        alarms: list[Alarm] = all_pages(self.monitoring.list_alarms, self.compartment)
        return {alarm.display_name: alarm for alarm in alarms if is_ours(alarm) and alarm.lifecycle_state == "ACTIVE"}


def all_pages(call: Callable[..., Any], *positional: Any, **keywords: Any) -> list[Any]:
    """Return the items of all pages. The SDK's own pagination has a retry strategy of its own, of ten minutes."""
    reply = call(*positional, **keywords)
    items = list(reply.data)
    while reply.has_next_page:
        reply = call(*positional, **keywords, page=reply.next_page)
        items += reply.data
    return items


def is_ours(resource: Owned) -> bool:
    """Say whether this command made a resource."""
    return (resource.freeform_tags or {}).get(OWNER_TAG) == OWNER


def _retry_strategy() -> Any:
    """Return the SDK's strategy with backoff and jitter, for at most a minute; its default would retry for ten."""
    builder = oci.retry.RetryStrategyBuilder(retry_max_wait_between_calls_seconds=8)
    builder.add_max_attempts(5).add_total_elapsed_time(60)
    builder.add_service_error_check(service_error_retry_config={429: []}, service_error_retry_on_any_5xx=True)
    return builder.get_retry_strategy()


def _identity(arguments: Arguments) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the SDK's configuration, and the signer as a client's setting where there is one."""
    if arguments.auth == "instance_principal":
        signer = oci.auth.signers.InstancePrincipalsSecurityTokenSigner()
        return {"region": arguments.region or signer.region}, {"signer": signer}
    try:
        config: dict[str, Any] = oci.config.from_file(arguments.config, arguments.profile)
        if arguments.region:
            config["region"] = arguments.region
        oci.config.validate_config(config)
    except (oci.exceptions.ConfigFileNotFound, oci.exceptions.ProfileNotFound, oci.exceptions.InvalidConfig) as e:
        raise UsageError(f"{arguments.config} has no usable profile {arguments.profile}: {type(e).__name__}.") from e
    return config, {}
