"""Units of Oracle's metrics, for messages that do not name them.

A metric of one name can have two units: StorageUsed is in GB of an Autonomous Database, and in bytes of a Base Database. So a
row of the table is a namespace. Metrics that count or tell a state have no unit and no row.
https://docs.oracle.com/en-us/iaas/Content/Monitoring/Concepts/monitoringoverview.htm (leads to each service's page of metrics)
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PERCENT, BYTES, GIGABYTES, MILLISECONDS, SECONDS, COUNT = "%", "B", "GB", "ms", "s", ""

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

METRICS = {  # namespace -> unit -> metrics
    # https://docs.oracle.com/en-us/iaas/Content/Compute/References/computemetrics.htm
    "oci_computeagent": {
        PERCENT: "CpuUtilization MemoryUtilization",
        BYTES: "DiskBytesRead DiskBytesWritten NetworksBytesIn NetworksBytesOut",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Block/References/volumemetrics.htm
    "oci_blockstore": {
        BYTES: "VolumeReadThroughput VolumeWriteThroughput",
        "MB/s": "VolumeGuaranteedThroughput",
        SECONDS: "VolumeReplicationSecondsSinceLastSync VolumeReplicationSecondsSinceLastUpload",
    },
    # https://docs.oracle.com/en-us/iaas/Content/File/Reference/filemetrics.htm
    "oci_filestorage": {
        BYTES: "FileSystemReadThroughput FileSystemWriteThroughput FileSystemUsage MountTargetReadThroughput "
        "MountTargetWriteThroughput",
        PERCENT: "MountTargetHealth",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Object/Reference/objectstoragemetrics.htm
    "oci_objectstorage": {BYTES: "StoredBytes", MILLISECONDS: "FirstByteLatency TotalRequestLatency"},
    # https://docs.oracle.com/en-us/iaas/Content/Balance/Reference/loadbalancermetrics.htm
    "oci_lbaas": {
        BYTES: "BytesReceived BytesSent",
        MILLISECONDS: "ResponseTime ResponseTimeFirstByte ResponseTimeHttpHeader ResponseTimeTCP",
        "Mbit/s": "PeakBandwidth",
    },
    # https://docs.oracle.com/en-us/iaas/Content/NetworkLoadBalancer/Metrics/metrics.htm
    "oci_nlb": {BYTES: "ProcessedBytes"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/vnicmetrics.htm
    "oci_vcn": {BYTES: "VnicFromNetworkBytes VnicToNetworkBytes", PERCENT: "VnicConntrackUtilPercent"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/ipsecmetrics.htm
    "oci_vpn": {BYTES: "BytesReceived BytesSent"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/fastconnectmetrics.htm
    "oci_fastconnect": {BYTES: "BytesReceived BytesSent", "bit": "BitsReceived BitsSent"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/drgmetrics.htm
    "oci_dynamic_routing_gateway": {BYTES: "BytesFromDrgAttachment BytesToDrgAttachment"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/nat_gateway_metrics.htm
    "oci_nat_gateway": {BYTES: "BytesFromNatgw BytesToNatgw"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/sgwmetrics.htm
    "oci_service_gateway": {BYTES: "bytesFromService bytesToService"},
    # https://docs.oracle.com/en-us/iaas/autonomous-database-serverless/doc/metrics-monitor.html
    "oci_autonomous_database": {
        PERCENT: "CpuUtilization StorageUtilization SessionUtilization",
        GIGABYTES: "StorageAllocated StorageMax StorageUsed",
        MILLISECONDS: "ConnectionLatency QueryLatency",
        SECONDS: "ApplyLag PeerLag TransportLag",
    },
    # https://docs.oracle.com/en/cloud/paas/base-database/available-metrics/
    "oci_database": {
        PERCENT: "CpuUtilization FRAUtilization ProcessLimitUtilization SessionLimitUtilization StorageUtilization "
        "StorageUtilizationByTablespace",
        BYTES: "StorageAllocated StorageAllocatedByTablespace StorageUsed StorageUsedByTablespace",
        MILLISECONDS: "AvgGCCRBlockReceiveTime AvgGCCurrentBlockReceiveTime",
        SECONDS: "ApplyLag BackupDuration EstimatedFailoverTime TransportLag",
        "MB/s": "IOThroughput",
    },
    "oci_database_cluster": {
        PERCENT: "ASMDiskgroupUtilization CpuUtilization FilesystemUtilization MemoryUtilization SwapUtilization",
    },
    # https://docs.oracle.com/en-us/iaas/database-management/doc/oracle-cloud-database-metrics.html
    "oracle_oci_database": {
        PERCENT: "CpuUtilization FilesystemUtilization MemoryUtilization StorageUtilization SwapUtilization",
        SECONDS: "ApplyLag TransportLag",
    },
    # https://docs.oracle.com/en-us/iaas/mysql-database/doc/metrics.html
    "oci_mysql_database": {
        PERCENT: "CPUUtilization DbVolumeUtilization MemoryUtilization",
        GIGABYTES: "BackupSize MemoryAllocated MemoryUsed",
        BYTES: "DbVolumeReadBytes DbVolumeWriteBytes NetworkReceiveBytes NetworkTransmitBytes",
        SECONDS: "BackupTime ChannelLag",
    },
    # https://docs.oracle.com/en-us/iaas/Content/postgresql/metrics.htm
    "oci_postgresql": {
        PERCENT: "BufferCacheHitRatio CpuUtilization MemoryUtilization TxidWrapLimit",
        MILLISECONDS: "ReadLatency WriteLatency",
    },
    # https://docs.oracle.com/en-us/iaas/goldengate/doc/oci-goldengate-metrics.html
    "oci_goldengate": {
        PERCENT: "CpuUtilization MemoryUtilization StorageUtilization",
        SECONDS: "ExtractLag InboundLag OutboundLag ReplicatLag",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Functions/Reference/functionsmetrics.htm
    "oci_faas": {MILLISECONDS: "FunctionExecutionDuration"},
    # https://docs.oracle.com/en-us/iaas/Content/APIGateway/Reference/apigatewaymetrics.htm
    "oci_apigateway": {BYTES: "BytesReceived BytesSent"},
    # https://docs.oracle.com/en-us/iaas/Content/Streaming/Reference/streamingmetrics.htm
    "oci_streaming": {
        BYTES: "GetMessagesThroughput.Bytes PutMessagesThroughput.Bytes",
        MILLISECONDS: "GetMessagesLatency.Time PutMessagesLatency.Time",
    },
    # https://docs.oracle.com/en-us/iaas/Content/connector-hub/metrics-reference.htm
    "oci_service_connector_hub": {
        BYTES: "BytesReadFromSource BytesWrittenToTarget",
        MILLISECONDS: "DataFreshness LatencyAtSource LatencyAtTarget",
    },
    # https://docs.oracle.com/en-us/iaas/application-performance-monitoring/doc/application-performance-monitoring-metrics.html
    "oracle_apm_synthetics": {PERCENT: "Availability"},
    # https://docs.oracle.com/en-us/iaas/stack-monitoring/doc/metric-reference.html
    "oracle_appmgmt": {PERCENT: "CpuUtilization DiskUtilization FilesystemUtilization MemoryUtilization SwapUtilization"},
    # https://docs.oracle.com/en-us/iaas/Content/ocicache/metrics.htm
    "oci_redis": {PERCENT: "CpuUtilization MemoryUtilization"},
}
BY_METRIC: Mapping[str, Mapping[str, str]] = {
    namespace: {metric: unit for unit, metrics in rows.items() for metric in metrics.split()}
    for namespace, rows in METRICS.items()
}
ENDINGS = (  # of metrics whose namespace has no row for them; only what can be nothing else
    (re.compile(r".*(?:Utilization|Utilisation|Percent|Percentage|Pct)", re.I), PERCENT),
    (re.compile(r".*(?:[a-z0-9._-]Bytes|_bytes)"), BYTES),
)
UNITLESS_STATISTICS = {"count", "absent"}  # they tell of data points, whatever these measure
PER_SECOND_STATISTICS = {"rate"}


def unit(namespace: str, metric: str, statistic: str = "", own_unit: str = "") -> str:
    """Return the short unit of a value: the one that the message gives, else the metric's under that statistic, or ""."""
    if own_unit:
        return SPELLINGS.get(own_unit.lower(), own_unit)
    known = BY_METRIC.get(namespace.lower(), {}).get(metric) or _by_ending(metric)
    if not known or statistic in UNITLESS_STATISTICS:
        return ""
    return f"{known}/s" if statistic in PER_SECOND_STATISTICS else known


def _by_ending(metric: str) -> str:
    return next((unit for pattern, unit in ENDINGS if pattern.fullmatch(metric)), "")
