"""The units of Oracle's metrics, as Oracle's pages of metrics have them.

The unit depends on the namespace: StorageUsed is in GB for an Autonomous Database, in bytes for a Base Database. A metric
without a row has no unit: it is a count or a state, or its page was not found.
https://docs.oracle.com/en-us/iaas/Content/Monitoring/Concepts/monitoringoverview.htm (leads to each service's page of metrics)
"""

from __future__ import annotations

from collections.abc import Mapping

PERCENT, BYTES, MEGABYTES, GIGABYTES = "%", "B", "MB", "GB"
MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS = "ms", "s", "min", "h", "d"
BITS, BITS_PER_SECOND = "bit", "bit/s"

METRICS: Mapping[str, Mapping[str, str]] = {  # namespace -> unit -> metrics
    # https://docs.oracle.com/en-us/iaas/Content/Compute/References/computemetrics.htm
    "oci_computeagent": {
        PERCENT: "CpuUtilization MemoryUtilization",
        BYTES: "DiskBytesRead DiskBytesWritten NetworksBytesIn NetworksBytesOut",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Compute/References/high-performance-computing-metrics.htm
    "gpu_infrastructure_health": {PERCENT: "GpuUtilization GpuMemoryUtilization"},
    "oci_gpu_infrastructure_health": {PERCENT: "GpuUtilization GpuMemoryUtilization"},
    "rdma_infrastructure_health": {BYTES: "RdmaRxBytes RdmaTxBytes"},
    "oci_rdma_infrastructure_health": {BYTES: "RdmaRxBytes RdmaTxBytes"},
    # https://docs.oracle.com/en-us/iaas/Content/Compute/References/computemetrics.htm#vmi
    "oci_vmi_resource_utilization": {PERCENT: "CpuUtilization"},
    # https://docs.oracle.com/en-us/iaas/compute-cloud-at-customer/topics/metrics/metrics-reference.htm
    "oci_ccc": {GIGABYTES: "ComputeMemoryAvailable ComputeMemoryTotal StorageSpaceAvailable StorageSpaceTotal"},
    # https://docs.oracle.com/en-us/iaas/Content/Block/References/volumemetrics.htm
    "oci_blockstore": {
        BYTES: "VolumeReadThroughput VolumeWriteThroughput",
        MEGABYTES: "VolumeGuaranteedThroughput",
        SECONDS: "VolumeReplicationSecondsSinceLastSync VolumeReplicationSecondsSinceLastUpload",
    },
    # https://docs.oracle.com/en-us/iaas/Content/File/Reference/filemetrics.htm
    "oci_filestorage": {
        BYTES: "FileSystemReadThroughput FileSystemUsage FileSystemWriteThroughput MountTargetReadThroughput "
        "MountTargetWriteThroughput ReplicationEgressThroughput ReplicationThroughput",
        PERCENT: "MountTargetHealth",
        SECONDS: "FileSystemReadAverageLatencybySize FileSystemWriteAverageLatencybySize LdapRequestAverageLatency "
        "MetadataRequestAverageLatency ReplicationRecoveryPointAge",
        DAYS: "retentionLockDuration",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Object/Reference/objectstoragemetrics.htm
    "oci_objectstorage": {BYTES: "StoredBytes UncommittedParts", MILLISECONDS: "FirstByteLatency TotalRequestLatency"},
    # https://docs.oracle.com/en-us/iaas/Content/Balance/Reference/loadbalancermetrics.htm
    "oci_lbaas": {
        BYTES: "BytesReceived BytesSent",
        MILLISECONDS: "ResponseTimeFirstByte ResponseTimeHttpHeader",
        BITS_PER_SECOND: "PeakBandwidth",
    },
    # https://docs.oracle.com/en-us/iaas/Content/NetworkLoadBalancer/Metrics/metrics.htm
    "oci_nlb": {BYTES: "NLBVTAPReceivedBytes NLBVTAPTransmittedBytes ProcessedBytes"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/vnicmetrics.htm, …/vtapmetrics.htm
    "oci_vcn": {
        BYTES: "VnicFromNetworkBytes VnicFromNetworkMirrorBytes VnicToNetworkBytes VnicToNetworkMirrorBytes",
        PERCENT: "VnicConntrackUtilPercent",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/ipsecmetrics.htm
    "oci_vpn": {BYTES: "BytesReceived BytesSent"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/fastconnectmetrics.htm
    "oci_fastconnect": {BYTES: "BytesReceived BytesSent", BITS: "BitsReceived BitsSent"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/drgmetrics.htm
    "oci_dynamic_routing_gateway": {BYTES: "BytesFromDrgAttachment BytesToDrgAttachment"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/nat-gateway-metrics.htm
    "oci_nat_gateway": {BYTES: "BytesFromNATgw BytesToNATgw"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/IGWmetrics.htm
    "oci_internet_gateway": {BYTES: "BytesFromIgw BytesToIgw"},
    # https://docs.oracle.com/en-us/iaas/Content/Network/Reference/SGWmetrics.htm
    "oci_service_gateway": {BYTES: "bytesFromService bytesToService"},
    # https://docs.oracle.com/en-us/iaas/Content/DNS/Reference/dnsmetrics.htm
    "oci_dns": {HOURS: "ZoneExpirationInHours", DAYS: "DaysUntilDnssecKeyVersionExpiration"},
    # https://docs.oracle.com/en-us/iaas/autonomous-database-serverless/doc/autonomous-monitor-metrics-list.html
    "oci_autonomous_database": {
        PERCENT: "CpuUtilization SessionUtilization StorageUtilization",
        GIGABYTES: "StorageAllocated StorageMax StorageUsed",
        MILLISECONDS: "ConnectionLatency QueryLatency",
        SECONDS: "ApplyLag PeerLag TransportLag",
    },
    # https://docs.oracle.com/en/cloud/paas/base-database/available-metrics/
    "oci_database": {
        PERCENT: "CpuUtilization StorageUtilization StorageUtilizationByTablespace",
        BYTES: "StorageAllocated StorageAllocatedByTablespace StorageUsed StorageUsedByTablespace",
        MILLISECONDS: "AvgGCCRBlockReceiveTime AvgGCCurrentBlockReceiveTime",
        SECONDS: "ApplyLag BackupDuration EstimatedFailoverTime TransportLag",
    },
    "oci_database_cluster": {
        PERCENT: "ASMDiskgroupUtilization CpuUtilization FilesystemUtilization MemoryUtilization SwapUtilization",
    },
    # https://docs.oracle.com/en-us/iaas/database-management/doc/oracle-cloud-database-metrics.html
    "oracle_oci_database": {
        PERCENT: "AllocatedStorageUtilizationByTablespace CpuUtilization FRAUtilization FilesystemUtilization "
        "MemoryUtilization NonReclaimableFRA ProcessLimitUtilization ReclaimableFRA SessionLimitUtilization StorageUtilization "
        "StorageUtilizationByTablespace SwapUtilization UsableFRA",
        GIGABYTES: "FRASpaceLimit MaxTablespaceSize ReclaimableFRASpace StorageAllocated StorageAllocatedByTablespace "
        "StorageUsed StorageUsedByTablespace UsedFRASpace",
        MEGABYTES: "MemoryUsage",
        "MB/s": "IOThroughput InterconnectTraffic RedoSize",
        MILLISECONDS: "AvgGCCRBlockReceiveTime",
        SECONDS: "ApplyLag TransportLag",
        BYTES: "HeatWaveDataDictionaryBytes HeatWaveDatasetBytes HeatWaveLakehouseLoadedBytes",
    },
    # https://docs.oracle.com/en-us/iaas/mysql-database/doc/metrics.html
    "oci_mysql_database": {
        PERCENT: "CPUUtilization DbVolumeUtilization MemoryUtilization",
        BYTES: "DbVolumeReadBytes DbVolumeWriteBytes NetworkReceiveBytes NetworkTransmitBytes",
        SECONDS: "ChannelLag",
    },
    # https://docs.oracle.com/en-us/iaas/Content/postgresql/metrics.htm
    "oci_postgresql": {
        PERCENT: "BufferCacheHitRatio CpuUtilization MemoryUtilization",
        MILLISECONDS: "ReadLatency WriteLatency",
    },
    # https://docs.oracle.com/en-us/iaas/goldengate/doc/goldengate-metrics.html
    "oci_goldengate": {
        PERCENT: "CpuUtilization DeploymentHealth DistributionPathStatus ExtractStatus MemoryUtilization ReceiverPathStatus "
        "ReplicatStatus StorageUtilization",
        SECONDS: "DeploymentInboundLag DeploymentOutboundLag ExtractLag InboundLag OutboundLag ReplicatLag",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Functions/Reference/functionsmetrics.htm
    "oci_faas": {
        MILLISECONDS: "FunctionExecutionDuration",
        MEGABYTES: "AllocatedProvisionedConcurrency AllocatedTotalConcurrency",
    },
    # https://docs.oracle.com/en-us/iaas/Content/APIGateway/Reference/apigatewaymetrics.htm
    "oci_apigateway": {
        BYTES: "BytesReceived BytesSent",
        SECONDS: "IntegrationLatency InternalLatency Latency",
        MILLISECONDS: "ResponseCacheLatency",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Streaming/Reference/metric-ref.htm
    "oci_streaming": {
        BYTES: "GetMessagesThroughput.Bytes PutMessagesThroughput.Bytes",
        MILLISECONDS: "PutMessagesLatency.Time",
        SECONDS: "GetMessagesLatency.Time",  # unlike Put
    },
    # https://docs.oracle.com/en-us/iaas/Content/queue/metrics.htm
    "oci_queue": {
        BYTES: "QueueSize RequestsThroughput",
        MILLISECONDS: "RequestsLatency",
        MINUTES: "ConsumerLag",
    },
    # https://docs.oracle.com/en-us/iaas/Content/Notification/Reference/notificationmetrics.htm
    "oci_notification": {BYTES: "DeliveredMessagesSize FailedMessagesSize PublishedMessagesSize"},
    # https://docs.oracle.com/en-us/iaas/Content/HealthChecks/Reference/metricsalarms-reference.htm
    "oci_healthchecks": {  # isHealthy is 0 or 1, though Oracle's page calls it a percentage
        MILLISECONDS: "HTTP.DNSLookupTime HTTP.RequestTime HTTP.ResponseTime HTTP.TCPConnectTime.Full HTTP.TCPConnectTime.SSL "
        "HTTP.TotalDuration PING.Latency",
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
