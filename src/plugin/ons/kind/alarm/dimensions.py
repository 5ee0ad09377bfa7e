"""Which resource, and which part of it, the dimensions of a metric stream tell.

Each service of Oracle's has its own dimensions, and spells them in its own way (`resourceName`, `MonitorName`, `RESOURCEID`),
so they are compared in small letters without punctuation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from plugin.ons import identifiers, read
from plugin.ons.identifiers import first_named
from plugin.ons.text import shorten_middle

NAMES = (  # the dimensions that name a resource, the best first
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
# Of a database in a cluster, resourceName is the cluster.
# https://docs.oracle.com/en/cloud/paas/base-database/available-metrics/
DATABASE_NAMESPACES = ("oci_database", "oracle_oci_database")
DATABASE_NAMES = ("resourcenamedatabase", "resourcenamepdb", "resourcenamedbnode", "hostname")
IDS = ("resourceid", "instanceid")
ID_PREFIX, PARENT_ID = "resourceid", "parentresourceid"
BACKGROUND = {  # these name nothing, and no part of anything
    "ad", "attachmentid", "autonomousdbtype", "availabilitydomain", "availabilitydomainname", "compartmentid",
    "compartmentname", "dbworkload", "deploymenttype", "faultdomain", "imageid", "instancepoolid", "instancepoolname",
    "instanceshape", "lbcomponent", "lbhostid", "nodeshape", "region", "regionname", "resourcegroup", "resourcetype", "shape",
    "shapename", "tablespacetype", "tenancyid", "tenancyname", "tenantid", "tier", "usertenancyid",
}  # fmt: skip
PARTS = {  # the dimensions that best tell which part of a resource is meant
    "backendname", "backendsetname", "channelid", "channelname", "dbinstanceid", "deploymentname", "device", "diskgroupname",
    "diskname", "droptype", "errorcode", "errormessage", "extractname", "filesystem", "filesystemname", "hostname",
    "httpstatuscode", "interface", "listenername", "mountpoint", "namespace", "nodename", "podname", "publicip", "queuename",
    "replicatname", "responsecode", "route", "tablespacename", "target", "topicname", "vantagepoint", "volumename",
}  # fmt: skip
MAX_PARTS = 3
MAX_VALUE = 48  # characters of a dimension in a label
MAX_KEY = 100  # characters of a name that are read, and kept in a cache that all senders share


def resource_of(dimensions: Mapping[str, str], namespace: str) -> tuple[str, str]:
    """Return the resource's identifier and name, each "" where no dimension tells it."""
    by_spelling = {_spell(key): value for key, value in dimensions.items()}
    resource_id = _id_of(by_spelling)
    return resource_id, _name_of(by_spelling, namespace, resource_id)


def _name_of(by_spelling: Mapping[str, str], namespace: str, resource_id: str) -> str:
    """Return the value of a dimension that is known to name the resource, else of one whose own name ends in Name.

    Of several that end in Name, the one beside the resource's id is meant (deploymentName beside deploymentId).
    """
    if namespace.lower().startswith(DATABASE_NAMESPACES) and (name := first_named(by_spelling, DATABASE_NAMES)):
        return name
    return first_named(by_spelling, NAMES) or first_named(
        by_spelling,
        sorted(
            (key for key in by_spelling if key.endswith("name") and key not in BACKGROUND),
            key=lambda key: (by_spelling.get(_owner(key) + "id", "") != resource_id, key in PARTS),
        ),
    )


def _id_of(by_spelling: Mapping[str, str]) -> str:
    """Return the value of a dimension that is known to identify the resource, else the OCID of one whose name ends in Id."""
    return first_named(by_spelling, IDS) or first_named(by_spelling, _further_ids(by_spelling))


def _further_ids(by_spelling: Mapping[str, str]) -> Iterator[str]:
    yield from (key for key in by_spelling if key.startswith(ID_PREFIX))
    for key, value in by_spelling.items():
        if key.endswith("id") and key != PARENT_ID and key not in BACKGROUND and identifiers.resource_type(value):
            yield key
    yield PARENT_ID


def parts_of(dimensions: Mapping[str, str], known: Collection[str], fixed: Collection[str]) -> list[str]:
    """Return the dimensions that tell which part is meant, at most MAX_PARTS, in the order of their names.

    No background, no OCID, nothing that the reader knows already: `known` are the values that stand beside them, `fixed` the
    dimensions that the query fixes, which are left out unless they tell best. An id says no more than a name of the same.
    """
    by_key = {key: _spell(key) for key in dimensions}
    spellings = set(by_key.values())
    said = {value.lower() for value in known}
    ranked = []
    for key, value in dimensions.items():
        spelling = by_key[key]
        if spelling in BACKGROUND or value.lower() in said or identifiers.is_nothing(value) or identifiers.resource_type(value):
            continue
        is_id = spelling.endswith("id")
        if spelling not in PARTS and (key in fixed or (is_id and spelling.removesuffix("id") + "name" in spellings)):
            continue
        ranked.append((spelling not in PARTS, is_id or spelling.endswith("type"), key))
    return sorted(key for _, _, key in sorted(ranked)[:MAX_PARTS])


def differing(group: Collection[Mapping[str, str]]) -> list[str]:
    """Return the dimensions in which streams differ: those that are no OCID if they tell all apart, else all."""
    keys = sorted({key for dimensions in group for key in dimensions})
    differ = [key for key in keys if len({dimensions.get(key) for dimensions in group}) > 1]
    readable = [key for key in differ if not any(identifiers.resource_type(each.get(key, "")) for each in group)]
    told_apart = {tuple(dimensions.get(key) for key in readable) for dimensions in group}
    return readable if len(told_apart) == len(group) else differ


def write(dimensions: Mapping[str, str], keys: Iterable[str]) -> list[str]:
    """Return `mountPoint /data` for each of these dimensions that has a value."""
    return [
        f"{key} {shorten_middle(identifiers.shorten_ocid(value), MAX_VALUE)}" for key in keys if (value := dimensions.get(key))
    ]


def _spell(key: str) -> str:
    return _spell_short(key[:MAX_KEY])


_spell_short = lru_cache(1024)(read.spell)


def _owner(name: str) -> str:
    """Return what a dimension names: `deploymentname` the deployment."""
    return name.removesuffix("name").removesuffix("display")
