"""Oracle's numbers, and the deadlines and sizes that follow from them.

ONS gives the whole chain 5 seconds: its connection to SpaceONE, SpaceONE's work, the call of the plugin, and the way back.
An outward call of the plugin (the look-up of the name included) ends after 3.8 of them, a batch stops taking records after 3,
two events of one alarm are kept at most 2 apart, and a command of Redis has 0.3. The relay answers after 4.4 and forwards to
SpaceONE for 4. What is not answered in time ONS delivers again, for two hours by default.
https://docs.oracle.com/en-us/iaas/Content/Notification/Concepts/notificationoverview.htm
"""

ONS_TIMEOUT = 5.0  # seconds
ONS_RETRY_HOURS = 2  # the subscription's maxRetryDuration, unless somebody set another
ONS_MAX_BYTES = 64 * 1024  # of a message

RELAY_DEADLINE = ONS_TIMEOUT - 0.6
FORWARD_DEADLINE = ONS_TIMEOUT - 1.0
FETCH_DEADLINE = ONS_TIMEOUT - 1.2
BATCH_DEADLINE = ONS_TIMEOUT - 2.0
MAX_HOLD = 2.0
HOLD_DEADLINE = ONS_TIMEOUT - 1.0  # of a message, after which its events are not kept back any more
REDIS_DEADLINE = 0.3

MAX_REQUEST_BYTES = 1024 * 1024  # SpaceONE's REST API takes no more
MAX_DEPTH = 64  # of objects and lists in a message
MAX_VALUES = 50_000  # of a message
LIGHT_BYTES = 16 * 1024  # of a request that is parsed on the event loop; an alarm of one metric stream has 2 KB
LIGHT_OBJECTS = 64  # of it; 900 records can have 14 KB
LIGHT_RECORDS = 4  # of a batch that are transformed without letting other calls pass


def memory_seconds(retry_hours: int) -> int:
    """Return for how many seconds the state of an alarm is remembered: an hour beyond ONS's last try."""
    return (retry_hours + 1) * 3600


MEMORY_SECONDS = memory_seconds(ONS_RETRY_HOURS)
