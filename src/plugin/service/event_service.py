"""The Event service: parse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spaceone.core.service import BaseService

from plugin.manager.event_manager import EventManager


class EventService(BaseService):
    """https://github.com/cloudforet-io/api/blob/master/proto/spaceone/api/monitoring/plugin/event.proto"""

    resource = "Event"

    def __init__(self, manager: EventManager) -> None:
        super().__init__()
        self._manager = manager

    def parse(self, params: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Return `{"results": [event, …], "ignored": [reason, …]}` for `{"options": {…}, "data": {…}}`, or raise ERROR_ONS.

        Both lists are empty if the message confirmed a subscription.
        """
        events, ignored = self._manager.answer(params["options"], params["data"])
        return {"results": events, "ignored": ignored}
