"""Compose the plugin from its settings and run it. Only this module of the plugin reads the environment."""

from __future__ import annotations

import asyncio
import logging
import os

from spaceone.core import config

from plugin.connector.local_memory import LocalMemory
from plugin.connector.ons_connector import OnsConnector, can_call
from plugin.error import ERROR_ENVIRONMENT
from plugin.interface.grpc.servicer import Event, Webhook
from plugin.manager.event_manager import EventManager
from plugin.manager.subscription_manager import SubscriptionManager
from plugin.manager.trust_manager import TrustManager
from plugin.manager.webhook_manager import WebhookManager
from plugin.manager.worker import Worker
from plugin.observe import log
from plugin.ons.check.order import Memory
from plugin.server import Server
from plugin.service.event_service import EventService
from plugin.service.webhook_service import WebhookService
from plugin.setting import option, outward, process
from plugin.setting.environment import exit_on_bad_setting
from plugin.setting.option import Options
from plugin.setting.process import REDIS_URL, STATE_URL, ProcessSettings

_LOGGER = logging.getLogger(__name__)

WORKERS = "SPACEONE_WORKER"  # a setting of SpaceONE's framework


def run(port: int | None = None, *, workers: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, then end with status 0; end with status 2 and one line for a bad setting.

    `port` overrides the environment's. `workers` says that a number of workers was configured.
    """
    with exit_on_bad_setting():
        outward.check(os.environ, can_call)
        settings = process.from_environment(os.environ)
        options = option.from_environment(os.environ, settings.retry_hours)
        config.init_conf(package="plugin")
        log.configure(settings)
        if workers or os.environ.get(WORKERS):
            _LOGGER.info("-w and %s have no effect: one event loop answers all calls", WORKERS)
        asyncio.run(_serve(settings, options, settings.grpc_port if port is None else port))


async def _serve(settings: ProcessSettings, options: Options, port: int) -> None:
    worker = Worker()
    events = event_manager(settings, options, worker)
    servicers = (Event(EventService(events), worker), Webhook(WebhookService(WebhookManager(options)), worker))
    await Server(servicers, events.check, port=port, http_port=settings.http_port).run()


def event_manager(settings: ProcessSettings, options: Options, worker: Worker | None = None) -> EventManager:
    """Return the manager of events; raise ERROR_ENVIRONMENT for a bad URL of Redis."""
    connector = OnsConnector()
    trust = TrustManager(connector)
    subscriptions = SubscriptionManager(options, connector, trust)
    return EventManager(options, memory(settings), trust, subscriptions, worker=worker or Worker())


def memory(settings: ProcessSettings) -> Memory:
    """Return the memory in Redis, or one in this process; raise ERROR_ENVIRONMENT for a bad URL."""
    if not settings.state_url:
        return LocalMemory(settings.memory_seconds)
    from plugin.connector.redis_memory import RedisMemory  # 5 % of the start-up time: only where it is used

    try:
        return RedisMemory(settings.state_url, settings.memory_seconds)
    except Exception:  # noqa: BLE001 - the client library raises errors of many types for a bad URL
        raise ERROR_ENVIRONMENT(STATE_URL, REDIS_URL) from None
