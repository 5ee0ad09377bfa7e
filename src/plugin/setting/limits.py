"""ONS's limits, and the deadlines and sizes derived from them.

ONS waits 5 seconds for the answer of the whole chain: network, SpaceONE and plugin. A call of the plugin to Oracle, including
DNS, ends after 3.8 s, a batch stops reading records after 3 s, two events of one alarm are spaced by at most 2 s, and a Redis
command has 0.3 s. The relay answers after 4.4 s at the latest and tries to forward for 4 s. ONS retries a delivery without an
answer, for two hours by default.
https://docs.oracle.com/en-us/iaas/Content/Notification/Concepts/notificationoverview.htm
"""

ONS_TIMEOUT = 5.0  # seconds
ONS_RETRY_HOURS = 2  # the default of a subscription's maxRetryDuration
ONS_MAX_BYTES = 64 * 1024  # of a message

RELAY_DEADLINE = ONS_TIMEOUT - 0.6
FORWARD_DEADLINE = ONS_TIMEOUT - 1.0
FETCH_DEADLINE = ONS_TIMEOUT - 1.2
BATCH_DEADLINE = ONS_TIMEOUT - 2.0
MAX_HOLD = 2.0
HOLD_DEADLINE = ONS_TIMEOUT - 1.0  # of a message, including the hold
REDIS_DEADLINE = 0.3

MAX_REQUEST_BYTES = 1024 * 1024  # the limit of SpaceONE's REST API
MAX_DEPTH = 64  # of nested objects and lists in a message
MAX_VALUES = 50_000  # of a message
LIGHT_BYTES = 16 * 1024  # of a request that is decoded on the event loop; an alarm has 2 KB
LIGHT_OBJECTS = 64  # of such a request; 900 records fit in 14 KB
LIGHT_RECORDS = 4  # of a batch that is transformed on the event loop


def memory_seconds(retry_hours: int) -> int:
    """Return the TTL of an alarm's state in seconds: an hour beyond ONS's last retry."""
    return (retry_hours + 1) * 3600


MEMORY_SECONDS = memory_seconds(ONS_RETRY_HOURS)
