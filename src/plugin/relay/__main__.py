"""Start the relay: `python -m plugin.relay`. Only this module of the relay reads the environment."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from spaceone.core import config

from plugin import NAME, version
from plugin.connector.ons_connector import OnsConnector, can_call
from plugin.interface.http import HttpServer, always_healthy, status_app
from plugin.loop import configure
from plugin.manager.subscription_manager import SubscriptionManager
from plugin.manager.trust_manager import TrustManager
from plugin.observe import log
from plugin.observe.log import fields
from plugin.relay.app import Relay
from plugin.relay.authentication import make_password
from plugin.relay.delivery import Forwarder
from plugin.setting import option, outward, process, relay
from plugin.setting.environment import exit_on_bad_setting
from plugin.setting.option import Options
from plugin.setting.relay import RelaySettings

_LOGGER = logging.getLogger("plugin.relay")  # __name__ is __main__

MAX_DELIVERIES = 1000


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end with status 0; end with status 2 and one line for a bad setting."""
    with exit_on_bad_setting(f"{NAME} relay"):
        outward.check(os.environ, can_call)
        process_settings = process.from_environment(os.environ)
        settings = relay.from_environment(os.environ)
        options = option.from_environment(os.environ, process_settings.retry_hours)
        config.init_conf(package="plugin")
        log.configure(process_settings)
        asyncio.run(_serve(settings, options))


async def _serve(settings: RelaySettings, options: Options) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    configure(loop)
    connector = OnsConnector()
    subscriptions = SubscriptionManager(options, connector, TrustManager(connector))
    async with Forwarder(settings.url, settings.tls) as forwarder:
        app = Relay(settings, subscriptions, forwarder).app()
        async with (
            HttpServer(status_app(always_healthy), settings.status_port, variable="RELAY_STATUS_PORT"),
            HttpServer(app, settings.port, variable="RELAY_PORT", max_connections=MAX_DELIVERIES, proxies=settings.proxies),
        ):
            _LOGGER.info("serving", extra=fields(port=settings.port, status_port=settings.status_port, version=version()))
            if not settings.users:
                _LOGGER.warning("anybody may deliver: RELAY_USERS is not set")
            await stop.wait()
            _LOGGER.info("ending")
    _LOGGER.info("ended")


def print_password(user: str = "ons") -> None:
    """Print a new password for an ONS subscription, and its entry in RELAY_USERS."""
    password, line = make_password(user)
    print(f"password, for the subscription in OCI: {password}\nRELAY_USERS, for the relay:            {line}")  # noqa: T201


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["password", *user] if len(user) < 2 and not set(":, ") & set("".join(user)):
            print_password(*user)
        case _:
            sys.exit("usage: python -m plugin.relay [password [USER]]")
