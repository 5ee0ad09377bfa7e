"""A name that a person reads for an event of OCI: "Compute: Instance Action End".

https://docs.oracle.com/en-us/iaas/Content/Events/Reference/eventsproducers.htm
"""

from __future__ import annotations

import re

SERVICES = {  # the third word of an event type, where its first letter in upper case would not do
    "apigateway": "API Gateway",
    "blockvolumes": "Block Volume",
    "computeapi": "Compute",
    "computemanagement": "Compute Management",
    "containerengine": "Container Engine",
    "databaseservice": "Database",
    "datasafe": "Data Safe",
    "filestorage": "File Storage",
    "identitycontrolplane": "Identity",
    "identitysignon": "Identity Sign-On",
    "keymanagementservice": "Vault",
    "loadbalancer": "Load Balancer",
    "mysqlaas": "MySQL",
    "natgateway": "NAT Gateway",
    "objectstorage": "Object Storage",
    "osmanagement": "OS Management",
    "servicegateway": "Service Gateway",
    "virtualnetwork": "Networking",
}
ACTIONS = {  # of events that are often sent without a name of their own
    "attachvolume": "Attach Volume",
    "createbucket": "Create Bucket",
    "createobject": "Create Object",
    "createvcn": "Create VCN",
    "deletebucket": "Delete Bucket",
    "deleteobject": "Delete Object",
    "detachvolume": "Detach Volume",
    "instanceaction": "Instance Action",
    "instancepool": "Instance Pool",
    "launchinstance": "Launch Instance",
    "securityassessmentdriftfrombaseline": "Security Assessment Drift From Baseline",
    "terminateinstance": "Terminate Instance",
    "updateobject": "Update Object",
}
PHASES = ("begin", "end")
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def event_name(event_type: str, name: str = "") -> str:
    """Return what a person calls an event.

    `event_type` is `com.oraclecloud.computeapi.instanceaction.end`; `name` is the event's `data.eventName`, whose words begin
    with capital letters. An event without a name is called by its type, in which Oracle writes words together.
    """
    service, *action = event_type.removeprefix("com.oraclecloud.").split(".")
    words = [_CAPITALS.sub(" ", name)] if name else [ACTIONS.get(word, word.capitalize()) for word in action]
    if name and action and action[-1] in PHASES and not name.lower().endswith(action[-1]):
        words.append(action[-1].capitalize())
    return ": ".join(filter(None, (SERVICES.get(service, service.capitalize()), " ".join(filter(None, words)))))
