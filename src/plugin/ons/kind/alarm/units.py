"""Units of Oracle's common metrics, for messages that do not name them.

https://docs.oracle.com/en-us/iaas/Content/Monitoring/Concepts/monitoringoverview.htm (each service's page of metrics)
"""

from __future__ import annotations

PERCENT, BYTES, MILLISECONDS, SECONDS, COUNT = "%", "B", "ms", "s", ""

SPELLINGS = {  # how messages and the integration specification spell units
    "percent": PERCENT,
    "percentage": PERCENT,
    "bytes": BYTES,
    "byte": BYTES,
    "milliseconds": MILLISECONDS,
    "millisecond": MILLISECONDS,
    "seconds": SECONDS,
    "second": SECONDS,
    "count": COUNT,
    "counts": COUNT,
}

METRICS = {
    # oci_computeagent: https://docs.oracle.com/en-us/iaas/Content/Compute/References/computemetrics.htm
    "CpuUtilization": PERCENT,
    "MemoryUtilization": PERCENT,
    "DiskBytesRead": BYTES,
    "DiskBytesWritten": BYTES,
    "NetworksBytesIn": BYTES,
    "NetworksBytesOut": BYTES,
    # oci_lbaas: https://docs.oracle.com/en-us/iaas/Content/Balance/Reference/loadbalancermetrics.htm
    "ResponseTime": MILLISECONDS,
    "ResponseTimeFirstByte": MILLISECONDS,
    "ResponseTimeHttpHeader": MILLISECONDS,
    "ResponseTimeTCP": MILLISECONDS,
    "BytesReceived": BYTES,
    "BytesSent": BYTES,
    "PeakBandwidth": "Mbit/s",
    # oci_blockstore: https://docs.oracle.com/en-us/iaas/Content/Block/References/volumemetrics.htm
    "VolumeReadThroughput": BYTES,
    "VolumeWriteThroughput": BYTES,
    "VolumeGuaranteedThroughput": "MB/s",
    # oci_vcn: https://docs.oracle.com/en-us/iaas/Content/Network/Reference/vnicmetrics.htm
    "VnicFromNetworkBytes": BYTES,
    "VnicToNetworkBytes": BYTES,
    "VnicConntrackUtilPercent": PERCENT,
    # oci_autonomous_database, oci_database: https://docs.oracle.com/en-us/iaas/autonomous-database-serverless/doc/metrics-monitor.html
    "StorageUtilization": PERCENT,
    "StorageUsed": "GB",
    "QueryLatency": MILLISECONDS,
    # oci_objectstorage: https://docs.oracle.com/en-us/iaas/Content/Object/Reference/objectstoragemetrics.htm
    "StoredBytes": BYTES,
    "UncommittedParts": COUNT,
    "FirstByteLatency": MILLISECONDS,
    "TotalRequestLatency": MILLISECONDS,
    # oci_filestorage: https://docs.oracle.com/en-us/iaas/Content/File/Reference/filemetrics.htm
    "FileSystemReadThroughput": BYTES,
    "FileSystemWriteThroughput": BYTES,
    "FileSystemUsage": BYTES,
    "MountTargetHealth": PERCENT,
    # oracle_oci_database, oracle_appmgmt and agents
    "DiskUtilization": PERCENT,
    "FilesystemUtilization": PERCENT,
    "SwapUtilization": PERCENT,
}
UNITLESS_STATISTICS = {"count", "absent"}  # they tell of data points, whatever these measure
PER_SECOND_STATISTICS = {"rate"}


def unit(metric: str, statistic: str = "", own_unit: str = "") -> str:
    """Return the short unit of a value: the one that the message gives, else the metric's under that statistic, or ""."""
    if own_unit:
        return SPELLINGS.get(own_unit.lower(), own_unit)
    known = METRICS.get(metric, "")
    if not known or statistic in UNITLESS_STATISTICS:
        return ""
    return f"{known}/s" if statistic in PER_SECOND_STATISTICS else known
