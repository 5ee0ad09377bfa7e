"""Find the resource, and the part of it, in the dimensions of a metric stream.

Each service has its own dimensions and spells them differently (`resourceName`, `MonitorName`, `RESOURCEID`), so names are
normalized.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from plugin.ons import identifiers, read
from plugin.ons.identifiers import first_named
from plugin.ons.text import shorten_middle

NAME_DIMENSIONS = (  # the dimensions that name a resource, the best first
    "resourcedisplayname",
    "resourcename",
    "instancename",
    "lbname",
    "hostname",
    "host",
    "containername",
    "bucketname",
    "displayname",
)
# For a database in a cluster, resourceName is the cluster.
# https://docs.oracle.com/en/cloud/paas/base-database/available-metrics/
DATABASE_NAMESPACES = ("oci_database", "oracle_oci_database")
DATABASE_NAME_DIMENSIONS = ("resourcenamedatabase", "resourcenamepdb", "resourcenamedbnode", "hostname")
ID_DIMENSIONS = ("resourceid", "instanceid")
ID_PREFIX, PARENT_ID = "resourceid", "parentresourceid"
CONTEXT_DIMENSIONS = {  # neither a resource nor a part of one
    "ad", "attachmentid", "autonomousdbtype", "availabilitydomain", "availabilitydomainname", "compartmentid",
    "compartmentname", "dbworkload", "deploymenttype", "faultdomain", "imageid", "instancepoolid", "instancepoolname",
    "instanceshape", "lbcomponent", "lbhostid", "nodeshape", "region", "regionname", "resourcegroup", "resourcetype", "shape",
    "shapename", "tablespacetype", "tenancyid", "tenancyname", "tenantid", "tier", "usertenancyid",
}  # fmt: skip
PART_DIMENSIONS = {  # the dimensions that identify a part of a resource best
    "backendname", "backendsetname", "channelid", "channelname", "dbinstanceid", "deploymentname", "device", "diskgroupname",
    "diskname", "droptype", "errorcode", "errormessage", "extractname", "filesystem", "filesystemname", "hostname",
    "httpstatuscode", "interface", "listenername", "mountpoint", "namespace", "nodename", "podname", "publicip", "queuename",
    "replicatname", "responsecode", "route", "tablespacename", "target", "topicname", "vantagepoint", "volumename",
}  # fmt: skip
MAX_PARTS = 3
MAX_VALUE = 48  # characters of a dimension in a label
MAX_DIMENSION_NAME = 100  # characters of a name, because all senders share the cache


def resource_of(dimensions: Mapping[str, str], namespace: str) -> tuple[str, str]:
    """Return the resource's identifier and name, each "" if no dimension has it."""
    by_name = {_normalize(key): value for key, value in dimensions.items()}
    resource_id = _id_of(by_name)
    return resource_id, _name_of(by_name, namespace, resource_id)


def _name_of(by_name: Mapping[str, str], namespace: str, resource_id: str) -> str:
    """Return the value of one of the NAME_DIMENSIONS, else of a dimension whose name ends in Name.

    Of several, the one that matches the resource's id is used (deploymentName with deploymentId).
    """
    if namespace.lower().startswith(DATABASE_NAMESPACES) and (name := first_named(by_name, DATABASE_NAME_DIMENSIONS)):
        return name
    return first_named(by_name, NAME_DIMENSIONS) or first_named(
        by_name,
        sorted(
            (key for key in by_name if key.endswith("name") and key not in CONTEXT_DIMENSIONS),
            key=lambda key: (by_name.get(_named_thing(key) + "id", "") != resource_id, key in PART_DIMENSIONS),
        ),
    )


def _id_of(by_name: Mapping[str, str]) -> str:
    """Return the value of one of the ID_DIMENSIONS, else the OCID of a dimension whose name ends in Id."""
    return first_named(by_name, ID_DIMENSIONS) or first_named(by_name, _other_ids(by_name))


def _other_ids(by_name: Mapping[str, str]) -> Iterator[str]:
    yield from (key for key in by_name if key.startswith(ID_PREFIX))
    for key, value in by_name.items():
        if key.endswith("id") and key != PARENT_ID and key not in CONTEXT_DIMENSIONS and identifiers.resource_type(value):
            yield key
    yield PARENT_ID


def parts_of(dimensions: Mapping[str, str], known: Collection[str], fixed: Collection[str]) -> list[str]:
    """Return the dimensions that identify the part of the resource: at most MAX_PARTS, sorted by name.

    Left out are CONTEXT_DIMENSIONS, OCIDs, values in `known`, and, unless in PART_DIMENSIONS, an id whose name is there too and
    the `fixed` dimensions of the query.
    """
    by_key = {key: _normalize(key) for key in dimensions}
    names = set(by_key.values())
    shown = {value.lower() for value in known}
    ranked = []
    for key, value in dimensions.items():
        name = by_key[key]
        if name in CONTEXT_DIMENSIONS or value.lower() in shown or not _is_readable(value):
            continue
        is_id = name.endswith("id")
        if name not in PART_DIMENSIONS and (key in fixed or (is_id and name.removesuffix("id") + "name" in names)):
            continue
        ranked.append((name not in PART_DIMENSIONS, is_id or name.endswith("type"), key))
    return sorted(key for _, _, key in sorted(ranked)[:MAX_PARTS])


def find_differing(group: Collection[Mapping[str, str]]) -> list[str]:
    """Return the dimensions in which streams differ; without OCIDs, if the others distinguish all streams."""
    keys = sorted({key for dimensions in group for key in dimensions})
    differ = [key for key in keys if len({dimensions.get(key) for dimensions in group}) > 1]
    readable = [key for key in differ if not any(identifiers.resource_type(each.get(key, "")) for each in group)]
    told_apart = {tuple(dimensions.get(key) for key in readable) for dimensions in group}
    return readable if len(told_apart) == len(group) else differ


def format_values(dimensions: Mapping[str, str], keys: Iterable[str]) -> list[str]:
    """Return `mountPoint /data` for each of these dimensions that has a value."""
    return [
        f"{key} {shorten_middle(identifiers.shorten_ocid(value), MAX_VALUE)}" for key in keys if (value := dimensions.get(key))
    ]


def _is_readable(value: str) -> bool:
    return not identifiers.is_placeholder(value) and not identifiers.resource_type(value)


def _normalize(key: str) -> str:
    return _normalize_cached(key[:MAX_DIMENSION_NAME])


_normalize_cached = lru_cache(1024)(read.normalize)


def _named_thing(name: str) -> str:
    """Return `deployment` for `deploymentname`."""
    return name.removesuffix("name").removesuffix("display")
