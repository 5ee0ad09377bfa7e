"""What becomes of one message: a subscription is confirmed, anything else is handed on to SpaceONE."""

from __future__ import annotations

import json
from collections.abc import Mapping

import anyio
from starlette.responses import JSONResponse, Response

from plugin.error import ERROR_ONS, ERROR_UNAVAILABLE
from plugin.manager.event_manager import EventManager
from plugin.ons.message import Confirmation
from plugin.ons.recognise import classify, unwrap
from plugin.relay.answer import refusal
from plugin.relay.delivery import Forwarder
from plugin.setting.relay import BODY

HEADER_PREFIX = "x-oci-ns-"


class Intake:
    """Take messages, and hand them on in one of the formats of the settings."""

    def __init__(self, format_: str, manager: EventManager, forwarder: Forwarder) -> None:
        self._format = format_
        self._manager = manager
        self._forwarder = forwarder

    async def take(self, headers: Mapping[str, str], body: bytes, text: str) -> Response:
        """Confirm a subscription, refuse an envelope of an unknown type, hand on anything else."""
        of_ons = {name: value for name, value in headers.items() if name.startswith(HEADER_PREFIX)}
        envelope = {"headers": of_ons, "text": text}
        try:
            arrival = unwrap(envelope)
            if arrival.is_envelope_of_unknown_type:
                return refusal(400, "Unknown message type")
            message = classify(arrival) if arrival.is_confirmation else None
        except ERROR_ONS:
            message = None  # handed on: SpaceONE shows a person what the plugin refuses
        if isinstance(message, Confirmation):
            return await self._confirm(message)
        return await self._hand_on(body if self._format == BODY else json.dumps(envelope).encode())

    async def _confirm(self, confirmation: Confirmation) -> Response:
        try:
            await anyio.to_thread.run_sync(self._manager.confirm, confirmation, abandon_on_cancel=True)
        except ERROR_UNAVAILABLE as e:
            return refusal(503, e.message)
        except ERROR_ONS as e:
            return refusal(400, e.message)
        return JSONResponse({"status": "confirmed"})

    async def _hand_on(self, content: bytes) -> Response:
        status = await self._forwarder.hand_on(content)
        if 200 <= status < 300:
            return JSONResponse({"status": "processed"})
        if status < 500:
            return refusal(502, "SpaceONE refused the message")
        return refusal(503, "SpaceONE cannot be reached")
