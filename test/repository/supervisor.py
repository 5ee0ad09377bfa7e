"""What SpaceONE's real supervisor makes of the Kubernetes manifests on standard input, printed as JSON.

Arguments: the version that webhooks use, the settings of the supervisor's KubernetesConnector as JSON.

Run in the environment of the lock beside it. Real: the supervisor's synchronisation with its search, launch and deletion, and
its client of the Kubernetes API. Stand-ins: that API, which answers on 127.0.0.1 from the manifests and writes down what it is
asked to create and delete, and the answers of the plugin service (which plugins do webhooks use?) and the repository service.
"""

import http.server
import json
import logging
import sys
import threading

import yaml
from kubernetes import client
from kubernetes import config as kubernetes_config
from spaceone.core import config
from spaceone.supervisor import manager
from spaceone.supervisor.connector import kubernetes_connector
from spaceone.supervisor.manager.supervisor_manager import SupervisorManager
from spaceone.supervisor.service.supervisor_service import SupervisorService

SETTINGS = {"start_port": 50051, "end_port": 50052, **json.loads(sys.argv[2])}  # of the supervisor's KubernetesConnector
NAMESPACE = SETTINGS["namespace"]
REGISTERED = {
    "plugin_id": "plugin-oci-ons-mon-webhook",
    "image": "spaceone/plugin-oci-ons-mon-webhook",
    "registry_url": "registry.example.com",
    "registry_config": {"image_pull_secrets": "registry-credentials"},
    "resource_type": "monitoring.Webhook",
}
VERSION, NEXT = sys.argv[1], "9.9.9"
SYNC = {"name": "root", "hostname": "supervisor.svc.cluster.local", "domain_id": "domain-1"}
ADDRESSES = [{"ip": "10.1.0.5"}, {"ip": "10.1.0.6"}]
DOCUMENTS = [document for document in yaml.safe_load_all(sys.stdin) if document]

services, ready, created, deleted, published = {}, [], [], [], []


class KubernetesApi(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, name = self.named()
        if kind == "services" and not name:
            self.answer({"kind": "ServiceList", "apiVersion": "v1", "metadata": {}, "items": list(services.values())})
        elif kind == "endpoints":  # with the ports of the pods
            ports = [{"name": port["name"], "port": port["port"]} for port in services[name]["spec"]["ports"]]
            subsets = [{"addresses": ready, "ports": ports}] if ready else None
            self.answer({"kind": "Endpoints", "apiVersion": "v1", "metadata": {"name": name}, "subsets": subsets})
        elif kind == "deployments" and name in {each["metadata"]["name"] for each in created if each["kind"] == "Deployment"}:
            self.answer({"kind": "Deployment", "apiVersion": "apps/v1", "status": {"availableReplicas": 1}})
        else:
            self.answer({"kind": "Status", "code": 404}, 404)

    def do_POST(self):
        created.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(created[-1], 201)

    def do_DELETE(self):
        deleted.append("/".join(self.named()))
        self.answer({"kind": "Status", "status": "Success"})

    def named(self):
        """Return kind and name of what a path names; it must be in the supervisor's namespace."""
        _, _, rest = self.path.partition("?")[0].partition(f"/namespaces/{NAMESPACE}/")
        kind, _, name = rest.partition("/")
        return kind, name

    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class PluginService:
    """In the place of the supervisor's client of the plugin service."""

    used: str | None = None  # the version that webhooks use

    def list_plugins(self, *_):
        plugin = {"plugin_id": REGISTERED["plugin_id"], "version": self.used, "domain_id": "domain-1", "state": "ACTIVE"}
        return {"results": [plugin] if self.used else [], "total_count": int(bool(self.used))}

    def publish_supervisor(self, params):
        published.extend(params["plugin_info"])


def synchronise(*, manifests=True, used=VERSION, headless=False, addresses=ADDRESSES):
    """Let the supervisor synchronise once, and return what it created, deleted and published."""
    services.clear()
    ready[:] = addresses  # of the Service's pods, those that are ready
    if manifests:
        wanted = (each for each in DOCUMENTS if each["kind"] == "Service" and each["metadata"]["namespace"] == NAMESPACE)
        services.update({each["metadata"]["name"]: each for each in wanted})
    for written in (created, deleted, published):
        written.clear()
    config.set_global(CONNECTORS={"KubernetesConnector": SETTINGS | {"headless": headless}}, BACKEND="KubernetesConnector")
    PluginService.used = used
    SupervisorService(metadata={}).sync_plugins(dict(SYNC))
    return {"created": list(created), "deleted": list(deleted), "published": list(published)}


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), KubernetesApi)
threading.Thread(target=server.serve_forever, daemon=True).start()


def load_incluster_config():
    configuration = client.Configuration()
    configuration.host = f"http://127.0.0.1:{server.server_port}"
    client.Configuration.set_default(configuration)


kubernetes_config.load_incluster_config = load_incluster_config
kubernetes_connector.WAIT_CREATION = 0  # seconds that it sleeps after a Deployment was created
manager.PluginServiceManager = PluginService
SupervisorManager.get_plugin_from_repository = staticmethod(lambda *_: REGISTERED)
logging.disable(logging.CRITICAL)
config.init_conf(package="spaceone.supervisor")
config.set_service_config("spaceone.supervisor.conf.global_conf:global_conf")
outcome = {
    "adopted": synchronise(),
    "adopted_headless": synchronise(headless=True),
    "adopted_headless_not_ready": synchronise(headless=True, addresses=[]),
    "unused": synchronise(used=None),
    "of_another_version": synchronise(used=NEXT),
    "launched": synchronise(manifests=False),
}
json.dump(outcome, sys.stdout)
