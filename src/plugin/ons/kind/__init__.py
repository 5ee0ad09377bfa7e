"""The kinds of message. Each has its own file, and is registered here."""

from plugin.ons.kind import announcement, budget, cloud_guard, log_record, metric_data, notice, oci_event
from plugin.ons.kind.alarm import sent, specification
from plugin.ons.message import Kind

KINDS: tuple[Kind, ...] = (  # the first that fits wins
    sent.KIND,
    specification.KIND,
    cloud_guard.KIND,
    budget.KIND,
    oci_event.KIND,
    log_record.KIND,
    announcement.KIND,
    metric_data.KIND,
    notice.KIND,
)
