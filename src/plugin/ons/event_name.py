"""A name a person reads for an event type that Oracle writes in small letters without spaces."""

from __future__ import annotations

import re

SERVICES = {  # the third word of an event type, where its first letter in upper case would not do
    "apigateway": "API Gateway",
    "autoscaling": "Autoscaling",
    "bastion": "Bastion",
    "blockvolumes": "Block Volume",
    "clusterplacementgroups": "Cluster Placement Groups",
    "computeapi": "Compute",
    "computemanagement": "Compute Management",
    "containerengine": "Container Engine",
    "databaseservice": "Database",
    "databasetools": "Database Tools",
    "dataflow": "Data Flow",
    "datasafe": "Data Safe",
    "datascience": "Data Science",
    "filestorage": "File Storage",
    "identitycontrolplane": "Identity",
    "identitysignon": "Identity Sign-On",
    "keymanagementservice": "Vault",
    "loadbalancer": "Load Balancer",
    "mysqlaas": "MySQL",
    "natgateway": "NAT Gateway",
    "objectstorage": "Object Storage",
    "osmanagement": "OS Management",
    "resourcemanager": "Resource Manager",
    "servicegateway": "Service Gateway",
    "virtualnetwork": "Networking",
}
WORDS_TOLD = """
    abort access action activate add address alert all assessment attach attachment audit autonomous autoscaling
    backup balancer baseline begin block boot bucket bulk cancel capture certificate change cloud cluster compartment
    compute config configuration connection console container copy create critical data database db definition delete
    detach device disable disk dns download drg drift enable end entry event exadata export failover file firewall
    from gateway group health home host image import infrastructure instance internet ip job key launch lifecycle list
    load local log maintenance management metadata migrate mode modify mount move nat network node object operation
    password patch peering plan policy pool port preauth private public queue reboot recovery refresh register replica
    replication request resize resource restart restore route rule run safe scale scaling scan schedule secret
    security server service set shape smart snapshot stack standby start state stop storage subnet switchover sync
    system table target task template terminate threshold tunnel unregister update upgrade upload user vault vcn
    version virtual vlan vm vnic volume warning window
"""
WORDS = frozenset(WORDS_TOLD.split())  # of which event types are put together
LONGEST_WORD = max(map(len, WORDS))
PHASES = ("begin", "end")


def event_name(event_type: str, name: str = "") -> str:
    """Return "Compute: Instance Action End" for `com.oraclecloud.computeapi.instanceaction.end`.

    `name` is the event's `eventName`, which has its words apart already ("CreateObject").
    """
    service, *action = event_type.removeprefix("com.oraclecloud.").split(".")
    told = " ".join(filter(None, (_words(part) for part in action)))
    if name:
        phase = action[-1] if action and action[-1] in PHASES else ""
        told = " ".join(filter(None, (re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name), phase.capitalize())))
    return ": ".join(filter(None, (SERVICES.get(service, service.capitalize()), told)))


def _words(glued: str) -> str:
    """Put the words of "instanceaction" apart; what is not of known words whole stays as it is."""
    rest: list[list[str] | None] = [[]]  # rest[i]: the words of the first i letters
    for end in range(1, len(glued) + 1) if len(glued) <= 60 else ():
        starts = (start for start in range(max(0, end - LONGEST_WORD), end) if glued[start:end] in WORDS)
        rest.append(next(([*before, glued[start:end]] for start in starts if (before := rest[start]) is not None), None))
    found = rest[-1] if len(rest) == len(glued) + 1 else None
    return " ".join(word.capitalize() for word in found or [glued])
