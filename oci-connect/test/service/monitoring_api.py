"""SpaceONE's real monitoring service with its gRPC API, its real authentication and authorisation, and tokens of project Apps.

It is test/platform/service.py with a few calls more, and runs in the platform's own environment. The identity service is a
stand-in that knows the Apps and the key that signs their tokens.
"""

from __future__ import annotations

import json
import re
import sys
import time
from concurrent import futures
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3] / "test/platform"))

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from spaceone.api.core.v2 import handler_pb2
from spaceone.api.identity.v2 import app_pb2, app_pb2_grpc, domain_pb2_grpc, project_pb2, project_pb2_grpc
from spaceone.core.auth.jwt import JWTUtil

import service
from service import PLACE, Platform

NEIGHBOURS, LOCATOR = service._neighbours, service.Locator
PRIVATE, PUBLIC = JWTUtil.generate_jwk()
OTHER = "project-other"
APPS: dict[str, list[str]] = {}  # client -> the projects that it sees
GUIDE = Path(__file__).parents[3] / "docs/en/GUIDE.md"
PERMISSIONS = re.findall(r"^monitoring:[\w.]+$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)  # of the role that it shows
HANDLERS = {
    kind: [{"backend": f"spaceone.core.handler.{kind}_handler:SpaceONE{kind.capitalize()}Handler"}]
    for kind in ("authentication", "authorization", "mutation")
}


class _Ids(RandomIdGenerator):
    """SpaceONE finds a call's token by its trace, and only where no other flag than SAMPLED is set: OpenTelemetry sets another."""

    def is_trace_id_random(self) -> bool:
        return False


class _Domain(domain_pb2_grpc.DomainServicer):
    def get_public_key(self, request: Any, context: Any) -> Any:
        return handler_pb2.AuthenticationResponse(public_key=json.dumps(PUBLIC), domain_id=request.domain_id)


class _App(app_pb2_grpc.AppServicer):
    def check(self, request: Any, context: Any) -> Any:
        return app_pb2.CheckAppInfo(permissions=PERMISSIONS, projects=APPS[request.client_id])


class _Project(project_pb2_grpc.ProjectServicer):
    def get(self, request: Any, context: Any) -> Any:
        return service.ParseDict({**PLACE, "project_id": request.project_id}, project_pb2.ProjectInfo())


class _Endpoint(service.endpoint_pb2_grpc.PluginServicer):
    def get_plugin_endpoint(self, request: Any, context: Any) -> Any:
        return service.endpoint_pb2.PluginEndpoint(endpoint=f"grpc://{ENDPOINT[0]}", updated_version="1.0")


def _neighbours(upgraded: str) -> dict[str, str]:
    server = service.grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    app_pb2_grpc.add_AppServicer_to_server(_App(), server)
    domain_pb2_grpc.add_DomainServicer_to_server(_Domain(), server)
    project_pb2_grpc.add_ProjectServicer_to_server(_Project(), server)
    names = [f"spaceone.api.identity.v2.{each}" for each in ("App", "Domain", "Project")]
    service.reflection.enable_server_reflection([*names, service.reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    service._serve.running.append(server)
    ENDPOINT[:] = service.ENDPOINTS
    served = service._serve(
        _Endpoint(), service.endpoint_pb2_grpc.add_PluginServicer_to_server, "spaceone.api.plugin.v1.Plugin"
    )
    return NEIGHBOURS(upgraded) | {"identity": f"grpc://127.0.0.1:{port}", "plugin": served}


class _Locator(LOCATOR):
    """The harness's own calls have the system's token."""

    def get_service(self, name: str, metadata: Any = None, **more: Any) -> Any:
        return super().get_service(name, metadata={"token": _token("SYSTEM_TOKEN", "system", "SYSTEM")}, **more)


class Api(Platform):
    """Monitoring with its gRPC API."""

    @staticmethod
    def _configure(*arguments: Any) -> None:
        Platform._configure(*arguments)
        service.config.set_global_force(HANDLERS=HANDLERS)

    def serve(self, key: str, certificate: str) -> list[str]:
        """Serve the API without and with TLS, by a key and a certificate in PEM; return both URLs."""
        from spaceone.monitoring.interface.grpc import app  # needs the configuration

        credentials = service.grpc.ssl_server_credentials([(key.encode(), certificate.encode())])
        ports = (app.server.add_insecure_port("127.0.0.1:0"), app.server.add_secure_port("127.0.0.1:0", credentials))
        app.server.start()
        self.app = app
        return [f"grpc://127.0.0.1:{ports[0]}", f"grpc+ssl://localhost:{ports[1]}"]

    def token(self, client: str, projects: list[str], role: str) -> str:
        """Return the token of a new App."""
        APPS[client] = projects
        return _token("CLIENT_SECRET", client, "APP", rol=role, wid=PLACE["workspace_id"])

    def foreign(self) -> str:
        """Create a webhook in another project; return its URL."""
        own = dict(PLACE)
        PLACE["project_id"] = OTHER
        policy = self.model.EscalationPolicy.objects.first()
        known = {"options": {"recovery_mode": "AUTO", "notification_urgency": "ALL"}, "escalation_policy": policy, **PLACE}
        self.model.ProjectAlertConfig.create({**known, "escalation_policy_id": policy.escalation_policy_id})
        try:
            return self.webhook({})
        finally:
            PLACE.update(own)

    def recovery_mode(self, mode: str) -> None:
        """Set the project's recovery mode."""
        self.model.ProjectAlertConfig._get_collection().update_many({}, {"$set": {"options.recovery_mode": mode}})

    def endpoint(self, plugin: str) -> None:
        """Look for the plugin there from now on."""
        ENDPOINT[:] = [plugin]

    def notes(self) -> list[dict[str, Any]]:
        """Return all notes."""
        return [vo.to_mongo().to_dict() for vo in self.model.Note.objects]

    def resolve_by_hand(self, title: str) -> None:
        """Resolve the open alerts of a title as a person does."""
        for vo in self.model.Alert.objects(title=title, state__ne="RESOLVED"):
            self.api("Alert", "update", {"alert_id": vo.alert_id, "state": "RESOLVED"})

    def copy_alert(self, seconds: float) -> None:
        """Double the newest alert and its newest event, as two REST workers do with two deliveries at one moment."""
        event, alert = (
            self.model.Event.objects.order_by("-created_at").first(),
            self.model.Alert.objects.order_by("-created_at").first(),
        )
        values = alert.to_mongo().to_dict()
        for name in ("_id", "alert_id"):
            values.pop(name)
        twin = self.model.Alert.create(values)
        stored = {
            name: value
            for name, value in event.to_mongo().to_dict().items()
            if name not in ("_id", "event_id", "alert", "alert_id")
        }
        self.model.Event.create({**stored, "alert": twin, "alert_id": twin.alert_id})


ENDPOINT: list[str] = []


def _token(typ: str, client: str, own: str, **claims: str) -> str:
    now = int(time.time())
    known = {
        "iss": "spaceone.identity",
        "typ": typ,
        "own": own,
        "did": PLACE["domain_id"],
        "aud": client,
        "jti": client,
        "ver": "2.0",
    }
    signed: str = JWTUtil.encode({**known, **claims, "iat": now, "exp": now + 86400}, PRIVATE)
    return signed


if __name__ == "__main__":
    service._neighbours, service.Platform, service.Locator = _neighbours, Api, _Locator
    service.set_tracer = lambda: trace.set_tracer_provider(TracerProvider(id_generator=_Ids()))
    service.main()
