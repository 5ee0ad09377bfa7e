"""OCI's metrics of a topic's messages: published, delivered and failed in the last 24 hours.

https://docs.oracle.com/en-us/iaas/Content/Notification/Reference/notificationmetrics.htm
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import oci

from oci_connect.connection import Connection
from oci_connect.context import Context
from oci_connect.error import Refusal
from oci_connect.resource import Holdings

HOURS = 24
NAMESPACE = "oci_notification"
METRICS = {  # word -> metric
    "published": "PublishedMessagesCount",
    "delivered": "DeliveredMessagesCount",
    "failed": "FailedMessagesCount",
}
NOT_READ = "OCI's count of deliveries cannot be read ({code}): read metrics is needed."
FAILED = "{count:g} deliveries of the topic {name} failed in the last {hours} hours: look at the webhook and the plugin"


def show(context: Context, connection: Connection, held: Holdings) -> Iterator[str]:
    """Print the counts of the topic, and yield a problem where deliveries failed."""
    if not held.topic:
        return
    try:
        counts = {word: _count(connection, metric, held) for word, metric in METRICS.items()}
    except Refusal as e:
        context.output.refused_unless_forbidden(e, NOT_READ)
        return
    context.output.result["deliveries"].append({"region": held.region, "topic": held.topic.id, "hours": HOURS, **counts})
    told = ", ".join(f"{count:g} {word}" for word, count in counts.items())
    context.output.say(f"{'deliveries':<14}{told} in the last {HOURS} hours")
    if counts["failed"]:
        yield FAILED.format(count=counts["failed"], name=held.topic.name, hours=HOURS)


def _count(connection: Connection, metric: str, held: Holdings) -> float:
    assert held.topic
    end = datetime.now(UTC)
    details = oci.monitoring.models.SummarizeMetricsDataDetails(
        namespace=NAMESPACE,
        query=f'{metric}[1h]{{resourceId = "{held.topic.id}"}}.sum()',
        start_time=end - timedelta(hours=HOURS),
        end_time=end,
    )
    call = connection.monitoring.summarize_metrics_data
    reply = connection.ask(f"read the metric {metric}", call, held.topic.compartment, details, about=held.topic)
    return float(sum(point.value or 0 for stream in reply.data for point in stream.aggregated_datapoints))
