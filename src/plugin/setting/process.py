"""Settings of the process, read from the environment."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting import environment
from plugin.setting.environment import Environ
from plugin.setting.limits import ONS_RETRY_HOURS, memory_seconds

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_FORMATS = ("text", "json")
STATE_URL = "ONS_STATE_URL"
REDIS_SCHEMES = ("redis://", "rediss://")
GRPC_PORT = "SPACEONE_PORT"  # also read by SpaceONE's framework
MAX_RETRY_HOURS = 168
REDIS_URL = "a URL redis://HOST:PORT/DB or rediss://… expected"


@dataclass(frozen=True)
class ProcessSettings:
    """Logging, the ports of gRPC and HTTP, and the shared Redis.

    `http_port` is None without HTTP, `state_url` is "" for the memory in the process. `retry_hours` is how long ONS retries.
    """

    grpc_port: int = 50051
    log_level: str = "INFO"
    log_format: str = "text"
    http_port: int | None = None
    state_url: str = ""
    retry_hours: int = ONS_RETRY_HOURS

    @property
    def memory_seconds(self) -> int:
        """The TTL of an alarm's state."""
        return memory_seconds(self.retry_hours)


def from_environment(environ: Environ) -> ProcessSettings:
    """Return the settings; raise ERROR_ENVIRONMENT for the first bad one."""
    return ProcessSettings(
        grpc_port=environment.port(environ, GRPC_PORT) or ProcessSettings.grpc_port,
        log_level=environment.choice(environ, "ONS_LOG_LEVEL", LOG_LEVELS, ProcessSettings.log_level),
        log_format=environment.choice(environ, "ONS_LOG_FORMAT", LOG_FORMATS, ProcessSettings.log_format),
        http_port=environment.port(environ, "ONS_HTTP_PORT"),
        state_url=_state_url(environ),
        retry_hours=environment.number(environ, "ONS_RETRY_HOURS", MAX_RETRY_HOURS) or ProcessSettings.retry_hours,
    )


def _state_url(environ: Environ) -> str:
    url = environment.text(environ, STATE_URL, ProcessSettings.state_url)
    if url and not url.startswith(REDIS_SCHEMES):
        raise ERROR_ENVIRONMENT(STATE_URL, REDIS_URL)
    return url
