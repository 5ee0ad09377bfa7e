"""Settings of the process, which only the environment has."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment
from plugin.setting.environment import Environ

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMATS = ("text", "json")
STATE_URL = "ONS_STATE_URL"
REDIS_SCHEMES = ("redis://", "rediss://")
GRPC_PORT, WORKERS = "SPACEONE_PORT", "SPACEONE_WORKER"  # by these names SpaceONE's framework reads them too
MOST_WORKERS = 10_000
REDIS_URL = "a URL redis://HOST:PORT/DB or rediss://… expected"


@dataclass(frozen=True)
class ProcessSettings:
    """How the process logs, where it serves gRPC, /health and /metrics, and which Redis replicas share.

    `workers` is the most threads that answer calls. `http_port` is None where no HTTP is served, and `state_url` is "" where
    the memory is the process's own.
    """

    grpc_port: int = 50051
    # A call takes its thread before its request has arrived, so that each half-open call holds one. Threads are made when they
    # are needed, and calls that work take few; outward calls may hold 24 (connector).
    workers: int = 400
    log_level: str = "INFO"
    log_format: str = "text"
    http_port: int | None = None
    state_url: str = ""


def from_environment(environ: Environ) -> ProcessSettings:
    """Return the settings; raise ERROR_ENVIRONMENT for the first bad one."""
    return ProcessSettings(
        grpc_port=environment.port(environ, GRPC_PORT) or ProcessSettings.grpc_port,
        workers=environment.number(environ, WORKERS, MOST_WORKERS) or ProcessSettings.workers,
        log_level=environment.choice(environ, "ONS_LOG_LEVEL", LOG_LEVELS, ProcessSettings.log_level),
        log_format=environment.choice(environ, "ONS_LOG_FORMAT", LOG_FORMATS, ProcessSettings.log_format),
        http_port=environment.port(environ, "ONS_HTTP_PORT", ProcessSettings.http_port),
        state_url=_state_url(environ),
    )


def _state_url(environ: Environ) -> str:
    url = environment.text(environ, STATE_URL, ProcessSettings.state_url)
    if url and not url.startswith(REDIS_SCHEMES):
        raise ERROR_ENVIRONMENT(STATE_URL, REDIS_URL)
    return url
