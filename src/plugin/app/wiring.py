"""What the plugin is made of, put together; nothing else of the plugin reads the environment."""

from __future__ import annotations

import os

from plugin.connector.local_memory import LocalMemory
from plugin.connector.ons_connector import OnsConnector
from plugin.error import ERROR_ENVIRONMENT
from plugin.manager.event_manager import EventManager
from plugin.manager.webhook_manager import WebhookManager
from plugin.ons.check.order import Memory
from plugin.setting import option, process
from plugin.setting.process import REDIS_URL, STATE_URL, ProcessSettings


def process_settings() -> ProcessSettings:
    """Return the settings of the process; raise ERROR_ENVIRONMENT for the first bad one."""
    return process.from_environment(os.environ)


def webhook_manager() -> WebhookManager:
    """Return what answers for the webhook itself; raise ERROR_ENVIRONMENT for a bad option."""
    return WebhookManager(option.from_environment(os.environ))


def event_manager() -> EventManager:
    """Return what makes events of messages; raise ERROR_ENVIRONMENT for a bad setting."""
    return EventManager(option.from_environment(os.environ), memory(process_settings().state_url), OnsConnector())


def memory(state_url: str) -> Memory:
    """Return the memory in the Redis of a URL, or one in this process for ""; raise ERROR_ENVIRONMENT for a bad URL."""
    if not state_url:
        return LocalMemory()
    from plugin.connector.redis_memory import RedisMemory  # costs a twentieth of the start, only where it is used

    try:
        return RedisMemory(state_url)
    except Exception:  # noqa: BLE001 - the client's library raises errors of many types for a URL that is wrong
        raise ERROR_ENVIRONMENT(STATE_URL, REDIS_URL) from None
