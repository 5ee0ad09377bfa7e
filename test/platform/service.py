"""The real SpaceONE monitoring service in one process, driven by JSON lines on standard input.

Real: spaceone-monitoring as published, with its REST router, services, managers and models, spaceone-core, uvicorn, and
the plugin (any gRPC server), MongoDB if --database names one (else mongomock). Stand-ins, because they are other services:
the queue is in memory, nothing is cached unless --cache names a Redis, and the plugin, repository and identity services are
small gRPC servers on SpaceONE's own protos. So nothing of monitoring is patched. Two of these processes on one database are
two REST workers. Not covered: nginx in front, the sending of notifications.

A line in is `{"call": NAME, "with": {…}}`, a line out `{"answer": …}`; the calls are the public methods of Platform.
"""

from __future__ import annotations

import argparse
import copy
import datetime as dt
import itertools
import json
import logging
import os
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent import futures
from typing import Any

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import grpc
import mongoengine
import mongomock
import uvicorn
from google.protobuf.json_format import ParseDict
from grpc_reflection.v1alpha import reflection
from spaceone.api.identity.v2 import project_pb2, project_pb2_grpc
from spaceone.api.plugin.v1 import plugin_pb2 as endpoint_pb2
from spaceone.api.plugin.v1 import plugin_pb2_grpc as endpoint_pb2_grpc
from spaceone.api.repository.v1 import plugin_pb2, plugin_pb2_grpc
from spaceone.core import cache, config
from spaceone.core.fastapi.server import fast_api_app
from spaceone.core.locator import Locator
from spaceone.core.logger import set_logger
from spaceone.core.model.mongo_model import MongoModel
from spaceone.core.opentelemetry import set_tracer

PLACE = {"project_id": "project-test", "workspace_id": "workspace-test", "domain_id": "domain-test"}
QUEUED: list[Any] = []
ENDPOINTS: list[str] = []  # of the plugin; they take turns, as behind a Service of Kubernetes
TURN = itertools.count()


class MemoryQueue:
    """The queue that monitoring puts its notifications into."""

    def __init__(self, conf: dict[str, Any]) -> None:
        self.conf = conf

    def put(self, item: str) -> None:
        QUEUED.append(json.loads(item))


class NoCache:
    """A cache that never has anything; monitoring must still be able to delete from it."""

    def get(self, key: str, **_: Any) -> None:
        return None

    def set(self, key: str, value: Any, **_: Any) -> bool:
        return True

    def delete(self, *keys: str) -> None:
        pass

    def keys(self, pattern: str = "*") -> list[str]:
        return []


def _redis_cache(port: int) -> dict[str, Any]:
    return {"engine": "RedisCache", "host": "127.0.0.1", "port": port, "db": 0}


def _serve(servicer: Any, add: Any, name: str) -> str:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    add(servicer, server)
    reflection.enable_server_reflection([name, reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    _serve.running.append(server)  # else it is collected
    return f"grpc://127.0.0.1:{port}"


_serve.running = []


def _neighbours(upgraded: str) -> dict[str, str]:
    """Serve what monitoring asks of its neighbours: the plugin's endpoint, its registration, the project."""

    class Endpoint(endpoint_pb2_grpc.PluginServicer):
        def get_plugin_endpoint(self, request: Any, context: Any) -> Any:
            endpoint = f"grpc://{ENDPOINTS[next(TURN) % len(ENDPOINTS)]}"
            return endpoint_pb2.PluginEndpoint(endpoint=endpoint, updated_version=upgraded)

    class Registration(plugin_pb2_grpc.PluginServicer):
        def get(self, request: Any, context: Any) -> Any:
            found = {"plugin_id": request.plugin_id, "name": request.plugin_id, "resource_type": "monitoring.Webhook"}
            return ParseDict(found, plugin_pb2.PluginInfo())

    class Project(project_pb2_grpc.ProjectServicer):
        def get(self, request: Any, context: Any) -> Any:
            return ParseDict({**PLACE, "project_id": request.project_id}, project_pb2.ProjectInfo())

    return {
        "plugin": _serve(Endpoint(), endpoint_pb2_grpc.add_PluginServicer_to_server, "spaceone.api.plugin.v1.Plugin"),
        "repository": _serve(Registration(), plugin_pb2_grpc.add_PluginServicer_to_server, "spaceone.api.repository.v1.Plugin"),
        "identity": _serve(Project(), project_pb2_grpc.add_ProjectServicer_to_server, "spaceone.api.identity.v2.Project"),
    }


def _connect(database: str) -> None:
    """Connect to the database of a URL, or to mongomock for want of one."""
    client = {} if database else {"mongo_client_class": mongomock.MongoClient}
    mongoengine.connect(host=database or "mongodb://localhost/monitoring", uuidRepresentation="standard", **client)


class Platform:
    """Monitoring with one project, one escalation policy and one webhook."""

    def __init__(self, plugin: str, recovery_mode: str, upgraded: str, cache_port: int, database: str) -> None:
        self.replicas([plugin])
        self._configure(_neighbours(upgraded), cache_port)
        _connect(database)
        import spaceone.monitoring.model as model  # needs the configuration

        self.model = model
        for cls in MongoModel.__subclasses__():
            cls._create_index()
            cls._load_default_meta()
        if not model.ProjectAlertConfig.objects.count():  # else another worker has made it
            self._create_project(recovery_mode)
        self.port = self._start_rest()

    def _create_project(self, recovery_mode: str) -> None:
        model = self.model
        policy = model.EscalationPolicy.create(
            {
                "name": "default",
                "is_default": True,
                "repeat_count": 0,
                "finish_condition": "RESOLVED",
                "resource_group": "PROJECT",
                "rules": [{"notification_level": "ALL", "escalate_minutes": 0}],
                **PLACE,
            }
        )
        model.ProjectAlertConfig.create(
            {
                "options": {"recovery_mode": recovery_mode, "notification_urgency": "ALL"},
                "escalation_policy": policy,
                "escalation_policy_id": policy.escalation_policy_id,
                **PLACE,
            }
        )

    @staticmethod
    def _configure(endpoints: dict[str, str], cache_port: int) -> None:
        config.init_conf(package="spaceone.monitoring")
        config.set_service_config()
        connectors = copy.deepcopy(config.get_global("CONNECTORS"))
        connectors["SpaceConnector"]["endpoints"].update(endpoints)
        config.set_global_force(
            MOCK_MODE=True,
            CONNECTORS=connectors,
            CACHES={"default": _redis_cache(cache_port) if cache_port else {}},  # an empty one: nothing is cached
            QUEUES={"monitoring_q": {"backend": "service.MemoryQueue"}},
            TOKEN="test-token",
            CONSOLE_DOMAIN="",
            WEBHOOK_DOMAIN="",
            LOG={"loggers": {"spaceone": {"level": "CRITICAL", "handlers": ["console"]}}},
        )
        if not cache_port:
            cache._CACHE_CONNECTIONS["default"] = NoCache()
        set_logger()
        set_tracer()
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)

    @staticmethod
    def _start_rest() -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(fast_api_app(), log_level="critical"))
        threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
        end = time.monotonic() + 20
        while not server.started:
            if time.monotonic() > end:
                raise RuntimeError("the REST server did not start")
            time.sleep(0.02)
        return listening.getsockname()[1]

    def replicas(self, endpoints: list[str]) -> None:
        """Set where the plugin is served, each as HOST:PORT."""
        ENDPOINTS[:] = endpoints

    def webhook(self, options: dict[str, Any]) -> str:
        """Create a webhook as the console does, which calls the plugin's init; return its URL."""
        info = {"plugin_id": "plugin-oci-ons-mon-webhook", "version": "1.0", "upgrade_mode": "AUTO", "options": options}
        service = Locator().get_service("WebhookService", metadata={"token": "test-token"})
        name = f"oci {self.model.Webhook.objects.count() + 1}"  # each must have its own
        vo = service.create({"name": name, "plugin_info": info, **PLACE})
        self.id, self.url = (
            vo.webhook_id,
            f"http://127.0.0.1:{self.port}/monitoring/v1/webhook/{vo.webhook_id}/{vo.access_key}/events",
        )
        return self.url

    def update_plugin(self, options: dict[str, Any]) -> dict[str, Any]:
        """Set the webhook's options by the API's own call, which calls the plugin's init; return what is stored."""
        service = Locator().get_service("WebhookService", metadata={"token": "test-token"})
        vo = service.update_plugin({"webhook_id": self.id, "options": options, **PLACE})
        return vo.plugin_info.options

    def verify(self) -> None:
        """Verify the webhook as the console does, which calls the plugin's verify."""
        service = Locator().get_service("WebhookService", metadata={"token": "test-token"})
        service.verify_plugin({"webhook_id": self.id, **PLACE})

    def api(self, resource: str, verb: str, parameters: dict[str, Any]) -> None:
        """Make a call of monitoring's API for this project and the newest webhook: `api("Webhook", "verify_plugin", {})`."""
        service = Locator().get_service(f"{resource}Service", metadata={"token": "test-token"})
        own = {"webhook_id": self.id} if "webhook_id" in parameters else {}
        getattr(service, verb)({**parameters, **PLACE, **own})

    def metadata(self) -> dict[str, Any]:
        """Return what the plugin's init told of itself, as it is stored."""
        return self.model.Webhook._get_collection().find_one({"webhook_id": self.id})["plugin_info"]["metadata"]

    def store_metadata(self, metadata: dict[str, Any]) -> None:
        """Store the plugin's metadata in another form, as a fixed platform might."""
        self.model.Webhook._get_collection().update_one({"webhook_id": self.id}, {"$set": {"plugin_info.metadata": metadata}})

    def configure(self, application: str) -> None:
        """Read settings as the service does from the chart's application.yaml; DUPLICATE_EVENT_TIME is back at its default."""
        config.set_global(DUPLICATE_EVENT_TIME=600)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(application)
            file.flush()
            config.import_remote_conf(f"file://{file.name}")

    def post(self, body: Any = None, url: str = "", text: str = "") -> int:
        """POST a body, or a text as it is, to the newest webhook's URL (or another's) as ONS does; return the HTTP status."""
        content = (text or json.dumps(body)).encode()
        request = urllib.request.Request(url or self.url, content, {"Content-Type": "application/json"}, method="POST")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
                return reply.status
        except urllib.error.HTTPError as e:
            return e.code

    def age(self, seconds: float) -> None:
        """Move all that is stored into the past, instead of waiting."""
        for stored in (self.model.Event, self.model.Alert):
            for vo in list(stored.objects):  # a cursor would meet again what moves
                older = {"created_at": vo.created_at - dt.timedelta(seconds=seconds)}
                stored._get_collection().update_one({"_id": vo.pk}, {"$set": older})

    def clear(self) -> None:
        """Forget all events, alerts and event rules."""
        for stored in (self.model.Event, self.model.Alert, self.model.AlertNumber, self.model.EventRule):
            stored.objects.delete()
        QUEUED.clear()

    def events(self) -> list[dict[str, Any]]:
        """Return the stored events, the oldest first."""
        return [vo.to_mongo().to_dict() for vo in self.model.Event.objects.order_by("created_at", "id")]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the stored alerts, the oldest first."""
        return [vo.to_mongo().to_dict() for vo in self.model.Alert.objects.order_by("created_at", "id")]

    def notifications(self) -> list[dict[str, str]]:
        """Return what monitoring tells its worker to notify people of, the oldest first: method and alert_id."""
        stages = [stage for task in QUEUED for stage in task["stages"]]
        return [{"method": each["method"], "alert_id": each["params"]["params"]["alert_id"]} for each in stages]


def main() -> None:
    """Answer calls until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugin", required=True, metavar="HOST:PORT")
    parser.add_argument("--recovery-mode", choices=("AUTO", "MANUAL"), default="AUTO", help="its own default: MANUAL")
    parser.add_argument("--upgraded", default="", help="call Webhook.init before each parse, as in production")
    parser.add_argument("--cache", type=int, default=0, metavar="PORT", help="cache in the Redis on this loopback port")
    parser.add_argument("--database", default="", metavar="URL", help="mongodb://127.0.0.1:PORT/NAME; default: mongomock")
    arguments = parser.parse_args()
    out, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    platform = Platform(arguments.plugin, arguments.recovery_mode, arguments.upgraded, arguments.cache, arguments.database)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"answer": getattr(platform, request["call"])(**request["with"])}
        except Exception as e:  # noqa: BLE001 - the caller is told
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer, default=str), file=out, flush=True)


if __name__ == "__main__":
    sys.modules["service"] = sys.modules["__main__"]
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
