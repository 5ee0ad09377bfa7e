"""Metric data, as Connector Hub hands it on from OCI Monitoring: recognised and ignored, for data is no alarm.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/Reference/rawmetricdataformat.htm
"""

from __future__ import annotations

from plugin.model.event import Ignored, IgnoredReason
from plugin.ons.message import Kind, Message
from plugin.setting.option import Options

KEYS = {"namespace", "name", "datapoints"}


def transform(_: Message, __: Options) -> Ignored:
    """Return why there is no event."""
    return Ignored(IgnoredReason.METRIC_DATA)


KIND = Kind("metric_data", fits=lambda body: body.keys() >= KEYS, transform=transform)
