"""The Event service: parse."""

from __future__ import annotations

from spaceone.core.service import BaseService

from plugin.manager.event_manager import EventManager
from plugin.model.event import Outcome
from plugin.ons.read import Body


class EventService(BaseService):
    """https://github.com/cloudforet-io/api/blob/master/proto/spaceone/api/monitoring/plugin/event.proto"""

    resource = "Event"

    def __init__(self, manager: EventManager) -> None:
        super().__init__()
        self._manager = manager

    async def parse(self, options: Body, data: Body, *, heavy: bool = False) -> list[Outcome]:
        """Return what becomes of a message: events, or why there are none; nothing if it confirmed a subscription.

        `options` are the webhook's, `data` is the message. `heavy` says that reading it would hold the event loop. Raise
        ERROR_ONS to refuse the message.
        """
        return await self._manager.parse(options, data, heavy=heavy)
