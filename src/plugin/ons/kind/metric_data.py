"""Metric data that Connector Hub forwards from OCI Monitoring: recognised and ignored, because it is no alarm.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/Reference/rawmetricdataformat.htm
"""

from __future__ import annotations

from plugin.model.event import Ignored, IgnoredReason
from plugin.ons.message import Kind, Message
from plugin.setting.option import Options

KEYS = {"namespace", "name", "datapoints"}


def transform(_: Message, __: Options) -> Ignored:
    """Ignore the message."""
    return Ignored(IgnoredReason.METRIC_DATA)


KIND = Kind("metric_data", fits=lambda body: body.keys() >= KEYS, transform=transform)
