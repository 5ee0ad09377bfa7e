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
        """Return the outcomes of a message, none for a confirmed subscription; raise ERROR_ONS to refuse it.

        `options` are the webhook's, `data` is the message. `heavy`: reading it would block the event loop.
        """
        return await self._manager.parse(options, data, heavy=heavy)
