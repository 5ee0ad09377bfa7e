"""Start the relay: `python -m plugin.relay`. Nothing else of the relay reads the environment."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from typing import cast

import uvicorn
from spaceone.core import config
from spaceone.core.logger import set_logger

from plugin.connector.local_memory import LocalMemory
from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.http import BACKLOG, HttpServer
from plugin.manager.event_manager import EventManager
from plugin.observe.log import drain, fields
from plugin.relay.app import Relay
from plugin.relay.connection import BoundedProtocol
from plugin.relay.delivery import Forwarder
from plugin.setting import option, relay
from plugin.setting.build import NAME, version
from plugin.setting.environment import PORT_TAKEN
from plugin.setting.relay import RelaySettings

_LOGGER = logging.getLogger("plugin.relay")  # this module's own name is __main__

MOST_TASKS = 1000  # the last bound, for requests whose connection was ended and that go on; above it uvicorn answers 503
LARGEST_HEAD = 16384  # bytes of a request's line and headers
GRACE = 10  # seconds for deliveries in flight


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end with status 0; end with status 2 and one line for a bad setting."""
    try:
        settings = relay.from_environment(os.environ)
        options = option.from_environment(os.environ)
        config.init_conf(package="plugin")
        config.set_service_config("plugin.app.global_conf:global_conf")
        app = Relay(settings, EventManager(options, LocalMemory(), OnsConnector()), Forwarder(settings.url, settings.tls))
        status_server = _status_server(settings.status_port, app)
        set_logger()
        status_server.start()
        asyncio.run(_serve(_server(settings, app), settings))
    except ERROR_ENVIRONMENT as e:
        print(f"{NAME} relay: {e.message}", file=sys.stderr)  # noqa: T201 - for whoever starts it
        sys.exit(2)


def _status_server(port: int, app: Relay) -> HttpServer:
    try:
        return HttpServer(port, lambda: app.healthy)
    except OSError:
        raise ERROR_ENVIRONMENT("RELAY_STATUS_PORT", PORT_TAKEN) from None


def _server(settings: RelaySettings, app: Relay) -> uvicorn.Server:
    """Return the server of the public port."""
    return uvicorn.Server(
        uvicorn.Config(
            app.app(),
            host="",  # all addresses of IPv4 and of IPv6, each with a socket of its own
            port=settings.port,
            http=cast(type[asyncio.Protocol], BoundedProtocol),
            h11_max_incomplete_event_size=LARGEST_HEAD,
            headers=[("Connection", "close")],
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=list(settings.proxies),
            limit_concurrency=MOST_TASKS,
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE,
        )
    )


async def _serve(server: uvicorn.Server, settings: RelaySettings) -> None:
    """Serve, then end the process."""

    def end(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again at its end, and they would end us by a signal
        signal.signal(number, end)
    _LOGGER.info("serving", extra=fields(port=settings.port, status_port=settings.status_port, version=version()))
    if not settings.users:
        _LOGGER.warning("anybody may deliver: RELAY_USERS is not set")
    try:
        await server.serve()
    except SystemExit:  # uvicorn could not bind
        raise ERROR_ENVIRONMENT("RELAY_PORT", PORT_TAKEN) from None
    _LOGGER.info("ended")
    drain()
    os._exit(0)  # whatever a comparison, a confirmation or a look-up of a name still waits for


if __name__ == "__main__":
    main()
