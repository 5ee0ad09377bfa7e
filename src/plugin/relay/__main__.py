"""Start the relay: `python -m plugin.relay`. Nothing else of the relay reads the environment."""

from __future__ import annotations

import logging
import os
import sys

import uvicorn
from spaceone.core import config
from spaceone.core.logger import set_logger

from plugin.connector.local_memory import LocalMemory
from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_ENVIRONMENT
from plugin.manager.event_manager import EventManager
from plugin.observe.log import fields
from plugin.relay.app import Relay
from plugin.relay.delivery import Forwarder
from plugin.setting import option, relay
from plugin.setting.build import NAME, version

_LOGGER = logging.getLogger("plugin.relay")  # this module's own name is __main__


def main() -> None:
    """Serve until SIGTERM or SIGINT; end with status 2 and one line for a bad setting."""
    try:
        settings = relay.from_environment(os.environ)
        options = option.from_environment(os.environ)
        config.init_conf(package="plugin")
        config.set_service_config("plugin.app.global_conf:global_conf")
    except ERROR_ENVIRONMENT as e:
        print(f"{NAME} relay: {e.message}", file=sys.stderr)  # noqa: T201 - for whoever starts it
        sys.exit(2)
    set_logger()
    manager = EventManager(options, LocalMemory(), OnsConnector())
    app = Relay(settings, manager, Forwarder(settings.url, settings.tls)).app()
    _LOGGER.info("serving", extra=fields(port=settings.port, version=version()))
    uvicorn.run(
        app,
        host="0.0.0.0",  # noqa: S104 - it is there to be reached
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
