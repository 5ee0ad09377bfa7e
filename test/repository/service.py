"""SpaceONE's real repository service on 127.0.0.1: service.py PORT DATABASE [TAG…] prints {"endpoint", "token"} when it serves.

Real: spaceone-repository as published, with its authentication, authorisation, validation and models, spaceone-core, and
MongoDB at the URL DATABASE (mongomock if it is empty). Stand-ins, because they are other services: the key that the identity
service signs tokens with is made here, and Docker Hub answers that the image has the tags TAG, or without them that there is
no such image. The token is a domain administrator's.
"""

from __future__ import annotations

import json
import sys
import time
from types import ModuleType, SimpleNamespace
from typing import Any

import mongoengine
import mongomock
from spaceone.core import config
from spaceone.core.auth.jwt import JWTUtil
from spaceone.core.handler.authentication_handler import SpaceONEAuthenticationHandler
from spaceone.core.logger import set_logger
from spaceone.core.opentelemetry import set_tracer

PACKAGE = "spaceone.repository"
DOMAIN = "domain-test"
KINDS = ("authentication", "authorization", "mutation")
SECONDS = 3600  # that the token is valid
CLAIMS = {
    "iss": "spaceone.identity",
    "typ": "ACCESS_TOKEN",
    "own": "USER",
    "rol": "DOMAIN_ADMIN",
    "did": DOMAIN,
    "aud": "administrator@example.com",
    "jti": "token-test",
    "ver": "2.0",
}


def handlers() -> dict[str, list[dict[str, str]]]:
    """Return who checks a call: the framework's own, as SpaceONE's charts configure them."""
    named = ((kind, f"spaceone.core.handler.{kind}_handler:SpaceONE{kind.title()}Handler") for kind in KINDS)
    return {kind: [{"backend": backend}] for kind, backend in named} | {"event": []}


def token() -> str:
    """Return a token, and let the service believe the key that signs it."""
    private, public = JWTUtil.generate_jwk()
    SpaceONEAuthenticationHandler._initialize = lambda self: None
    SpaceONEAuthenticationHandler._get_public_key = lambda self, domain: json.dumps(public)
    now = int(time.time())
    signed: str = JWTUtil.encode(CLAIMS | {"iat": now, "exp": now + SECONDS}, private)
    return signed


def docker_hub(tags: list[str]) -> Any:
    """Return what the service calls as `requests`: its `get` answers as Docker Hub does for an image with these tags."""
    answer = SimpleNamespace(status_code=200 if tags else 404, json=lambda: {"results": [{"name": tag} for tag in tags]})
    return SimpleNamespace(get=lambda url: answer)


def without_google() -> None:
    """Let the service import the client of Google's registry, whose package wants another protobuf than the framework."""
    client = ModuleType("google.cloud.artifactregistry_v1")
    sys.modules |= {client.__name__: client, "google.cloud": SimpleNamespace(artifactregistry_v1=client)}


def main(port: int, database: str, tags: list[str]) -> None:
    """Serve until the process is ended."""
    config.init_conf(package=PACKAGE, host="127.0.0.1", port=port, grpc_app_path=f"{PACKAGE}.interface.grpc:app")
    config.set_service_config()
    config.set_global_force(HOST="127.0.0.1", PORT=port, CACHES={}, HANDLERS=handlers())
    client = {} if database else {"mongo_client_class": mongomock.MongoClient}
    mongoengine.connect(host=database or "mongodb://localhost/repository", uuidRepresentation="standard", **client)
    serving = {"endpoint": f"grpc://127.0.0.1:{port}", "token": token()}
    without_google()
    from spaceone.repository.connector import registry_connector
    from spaceone.repository.interface.grpc import app

    registry_connector.requests = docker_hub(tags)

    set_logger()
    set_tracer()  # the framework finds a call's token by its trace
    print(json.dumps(serving), flush=True)
    app.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
