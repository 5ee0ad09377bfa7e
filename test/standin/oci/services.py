"""The services of the stand-in: one function for each collection of OCI's API."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standin.oci.values import DURATION, Answer, Refused, Region, change, check_etag, check_tags, page
from standin.oracle import CONFIRMATION_URL

if TYPE_CHECKING:
    from standin.oci.server import StandinOci

SUMMARY_LACKS = ("body", "pendingDuration", "repeatNotificationDuration", "messageFormat", "resolution")


@dataclass
class Request:
    server: StandinOci
    region: Region
    method: str
    rest: list[str]
    query: dict[str, str]
    body: Any
    if_match: str | None


def topics(request: Request) -> Answer:
    region, server = request.region, request.server
    if request.rest[1:] == ["messages"]:
        _one(region.topics, request.rest[0])
        server.publish(region, request.rest[0], request.body["body"])
        return 202, {"messageId": "m", "timeStamp": "2026-03-02T09:15:00.000Z"}, {}
    if request.method == "POST":
        if any(each["name"] == request.body["name"] for each in region.topics.values()):
            raise Refused(409, "TopicAlreadyExists", "a topic of this name exists in the tenancy")
        made = region.put(region.topics, "onstopic", **request.body, apiEndpoint="x", shortTopicId="y")
        made["topicId"] = made["id"]
        if server.active_after:
            made["lifecycleState"] = "CREATING"
        return 201, made, {"etag": made["etag"]}
    for ocid, each in region.topics.items():
        if each["lifecycleState"] == "CREATING" and region.is_older(ocid, server.active_after):
            each["lifecycleState"] = "ACTIVE"
    return _stored(request, region.topics, lambda each: request.query.get("name") in (None, each["name"]))


def subscriptions(request: Request) -> Answer:
    region, body = request.region, request.body
    if request.method == "POST":
        if body["protocol"] != "CUSTOM_HTTPS" or "?" in body["endpoint"]:
            raise Refused(400, "InvalidParameter", f"Invalid endpoint {body['endpoint']}")
        if _one(region.topics, body["topicId"])["lifecycleState"] != "ACTIVE":
            raise Refused(409, "IncorrectState", "the topic is not active")
        made = region.put(region.subscriptions, "onssubscription", **body)
        made |= {"lifecycleState": "PENDING", "createdTime": int(made["id"][-4:])}
        url = re.sub(r"ocid1\.onssubscription[^/]+", made["id"], CONFIRMATION_URL)
        if request.server.asks_to_confirm:
            message = {"ConfirmationURL": url}
            threading.Thread(target=request.server.deliver, args=(body["endpoint"], message)).start()
        return 201, made, {"etag": made["etag"]}
    policy = body.get("deliveryPolicy") if request.method == "PUT" else None
    if policy and policy["backoffRetryPolicy"]["maxRetryDuration"] > request.server.max_retry_hours * 3_600_000:
        raise Refused(400, "InvalidParameter", "maxRetryDuration is too long")
    return _stored(request, region.subscriptions, lambda each: request.query.get("topicId") in (None, each["topicId"]))


def alarms(request: Request) -> Answer:
    region, body = request.region, request.body
    if request.rest == ["status"]:
        found = [
            {
                "status": "OK",
                "timestampTriggered": None,
                **{k: each[k] for k in ("id", "displayName", "severity")},
                **region.states.get(each["id"], {}),
            }
            for each in region.alarms.values()
            if _is_in(each, request)
        ]
        return page(found, request.query, request.server.page_size)
    if request.rest[1:] == ["actions", "retrieveDimensionStates"]:
        alarm = _one(region.alarms, request.rest[0])
        status, items, headers = page(region.streams.get(alarm["id"], []), request.query, request.server.page_size)
        return status, {"alarmId": alarm["id"], "isEnabled": alarm["isEnabled"], "items": items}, headers
    if request.method in ("POST", "PUT"):
        _check_alarm(body)
    if request.method == "POST":
        if request.server.most_alarms <= len(region.alarms):
            raise Refused(400, "LimitExceeded", "the limit of alarms is reached")
        made = region.put(region.alarms, "alarm", **body)
        return 200, made, {"etag": made["etag"]}
    return _stored(request, region.alarms, summary_lacks=SUMMARY_LACKS)


def _check_alarm(body: dict[str, Any]) -> None:
    services = [each.split(".")[1] for each in body.get("destinations") or []]
    if set(services) - {"onstopic", "stream"} or len(set(services)) != len(services):
        raise Refused(400, "InvalidParameter", "destinations: one destination per supported destination service")
    if body.get("severity", "INFO") not in ("CRITICAL", "ERROR", "WARNING", "INFO"):
        raise Refused(400, "InvalidParameter", "severity")
    for name in ("repeatNotificationDuration", "pendingDuration", "evaluationSlackDuration"):
        if body.get(name) is not None and not DURATION.fullmatch(body[name]):
            raise Refused(400, "InvalidParameter", name)


def rules(request: Request) -> Answer:
    region, body = request.region, request.body
    if request.method in ("POST", "PUT"):
        json.loads(body["condition"])
        for each in body["actions"]["actions"]:
            assert set(each) == {"actionType", "isEnabled", "topicId"} and each["actionType"] == "ONS"
            _one(region.topics, each["topicId"])
            each |= {"id": "ocid1.action.oc1.phx.a", "lifecycleState": "ACTIVE"}
    if request.method == "POST":
        made = region.put(region.rules, "eventrule", **body)
        return 200, made, {"etag": made["etag"]}
    return _stored(request, region.rules, summary_lacks=("actions",))


def compartments(request: Request) -> Answer:
    root = request.query["compartmentId"]
    roots = request.server.children if request.query.get("compartmentIdInSubtree") == "true" else [root]
    found = [
        {"id": ocid, "name": name, "compartmentId": parent, "lifecycleState": state, "description": "", "timeCreated": "2026-03-02T09:15:00.000Z"}
        for parent in roots
        for ocid, name, state in request.server.children.get(parent, [])
    ]  # fmt: skip
    return page(found, request.query, request.server.page_size)


def metrics(request: Request) -> Answer:
    name = request.body["query"].partition("[")[0]
    if name not in request.region.metrics:
        return 200, [], {}
    points = [{"timestamp": "2026-03-02T09:15:00.000Z", "value": request.region.metrics[name]}]
    stream = {"namespace": request.body["namespace"], "name": name, "compartmentId": request.query["compartmentId"]}
    return 200, [{**stream, "dimensions": {}, "metadata": {}, "aggregatedDatapoints": points}], {}


def _is_in(each: dict[str, Any], request: Request) -> bool:
    """Say whether a resource is in the compartment that is asked for, or below it: OCI takes a subtree of the tenancy alone."""
    compartment = request.query["compartmentId"]
    if request.query.get("compartmentIdInSubtree") == "true":
        if not compartment.startswith("ocid1.tenancy."):
            raise Refused(400, "InvalidParameter", "compartmentIdInSubtree needs the tenancy")
        return True
    return bool(each["compartmentId"] == compartment)


def audit_events(request: Request) -> Answer:
    for bound in ("startTime", "endTime"):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", request.query[bound]):
            raise Refused(400, "InvalidParameter", f"{bound} must be a whole minute")
    found = [each for each in request.region.events if each["data"]["compartmentId"] == request.query["compartmentId"]]
    return page(found, request.query, request.server.page_size)


def _one(store: dict[str, dict[str, Any]], ocid: str) -> dict[str, Any]:
    if ocid not in store:
        raise Refused(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found")
    return store[ocid]


def _stored(request: Request, store: Any, is_meant: Any = lambda _: True, summary_lacks: tuple[str, ...] = ()) -> Answer:
    if not request.rest:
        found = [
            {key: value for key, value in each.items() if key not in summary_lacks}
            for each in store.values()
            if _is_in(each, request) and is_meant(each) and request.region.is_older(each["id"], request.server.listed_after)
        ]
        return page(found, request.query, request.server.page_size)
    stored = _one(store, request.rest[0])
    if request.method == "GET" and not request.region.is_older(request.rest[0], request.server.known_after):
        raise Refused(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found")
    if request.method == "DELETE":
        check_etag(stored, request.if_match)
        del store[request.rest[0]]
        return 204, None, {}
    if request.method == "PUT":
        check_tags(request.body)
        kept = {name for name in request.server.keeps if request.body.get(name) is None} | {*request.server.ignores}
        change(stored, {k: v for k, v in request.body.items() if k not in kept}, request.if_match)
    return 200, stored, {"etag": stored["etag"]}


SERVICES = {  # version and collection -> service
    ("20181201", "topics"): topics,
    ("20181201", "subscriptions"): subscriptions,
    ("20180401", "alarms"): alarms,
    ("20180401", "metrics"): metrics,
    ("20181201", "rules"): rules,
    ("20160918", "compartments"): compartments,
    ("20190901", "auditEvents"): audit_events,
}
