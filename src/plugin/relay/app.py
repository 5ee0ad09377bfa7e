"""The relay's web application: POST /webhook/oci for ONS, and GET /health.

A message is acknowledged after SpaceONE accepted it; until then ONS retries. The relay stores nothing.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import asyncio
import json
import logging
from ipaddress import ip_address

from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plugin import NAME
from plugin.error import ERROR_ONS, ERROR_UNAVAILABLE
from plugin.interface.http import always_healthy, health_route
from plugin.manager.subscription_manager import SubscriptionManager
from plugin.observe.log import DefectLog, fields
from plugin.observe.metrics import REGISTRY
from plugin.ons.message import Confirmation
from plugin.ons.recognise import classify, unwrap
from plugin.relay.authentication import may_deliver
from plugin.relay.delivery import Forwarder
from plugin.relay.request import HEADER_PREFIX, BodyReader, check_headers, text_of
from plugin.setting.limits import RELAY_DEADLINE
from plugin.setting.relay import BODY, RelaySettings

_LOGGER = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": "60"}
ANSWERS = {  # HTTP status -> label of the metric
    200: "taken",
    400: "refused",
    401: "unauthorized",
    413: "too_large",
    502: "refused_by_spaceone",
    503: "unavailable",
}
DEFECT = "defect"  # a 503 after an unexpected error
HEADERS = {  # of answers; ONS sends credentials only after a challenge
    401: {"WWW-Authenticate": f'Basic realm="{NAME}", charset="UTF-8"'},
    502: RETRY_AFTER,
    503: RETRY_AFTER,
}

answers = Counter("ons_relay_answers", "Deliveries of ONS, by answer.", ["answer"], registry=REGISTRY)
answers_by_status = {status: answers.labels(answer) for status, answer in ANSWERS.items()}
defects = answers.labels(DEFECT)


class Relay:
    """Authenticate, read and answer deliveries."""

    def __init__(self, settings: RelaySettings, subscriptions: SubscriptionManager, forwarder: Forwarder) -> None:
        self._settings = settings
        self._subscriptions = subscriptions
        self._forwarder = forwarder
        self._bodies = BodyReader()
        self._defects = DefectLog(_LOGGER)

    def app(self) -> Starlette:
        """Return the web application."""
        routes = [Route("/webhook/oci", self.receive, methods=["POST"]), health_route(always_healthy)]
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False  # otherwise an open redirect: the sender names the host
        return app

    async def receive(self, request: Request) -> Response:
        """Answer one delivery, within RELAY_DEADLINE."""
        count = None
        try:
            async with asyncio.timeout(RELAY_DEADLINE):
                answer = await self._answer(request)
        except HTTPException as e:
            answer = _refusal(e.status_code, e.detail)
        except TimeoutError:
            answer = _refusal(503, "Not in time")
        except Exception as e:  # noqa: BLE001 - any error must make ONS retry
            self._defects.add(e)
            answer, count = _refusal(503, "The relay failed"), defects
        (count or answers_by_status[answer.status_code]).inc()
        _LOGGER.info("delivery", extra=fields(status=answer.status_code, client=_client(request)))
        return answer

    async def _answer(self, request: Request) -> Response:
        check_headers(request)
        is_authorized = may_deliver(self._settings.users, request.headers.get("authorization", ""))
        async with self._bodies.read(request, keep=is_authorized) as body:
            if not is_authorized:
                raise HTTPException(401, "Unauthorized")
            return await self._confirm_or_forward(request, body)

    async def _confirm_or_forward(self, request: Request, body: bytes) -> Response:
        """Confirm a subscription, refuse an unknown envelope, forward anything else."""
        headers = {name: value for name, value in request.headers.items() if name.startswith(HEADER_PREFIX)}
        envelope = {"headers": headers, "text": text_of(request, body)}
        try:
            unwrapped = unwrap(envelope)
            if unwrapped.is_envelope_of_unknown_type:
                raise HTTPException(400, "Unknown message type")
            message = classify(unwrapped) if unwrapped.is_confirmation else None
        except ERROR_ONS:
            message = None  # forwarded: SpaceONE shows the plugin's refusal
        if isinstance(message, Confirmation):
            return await self._confirm(message)
        status = await self._forwarder.forward(body if self._settings.format == BODY else json.dumps(envelope).encode())
        if 200 <= status < 300:
            return JSONResponse({"status": "processed"})
        if status < 500:
            raise HTTPException(502, "SpaceONE refused the message")
        raise HTTPException(503, "SpaceONE cannot be reached")

    async def _confirm(self, confirmation: Confirmation) -> Response:
        try:
            await self._subscriptions.confirm(confirmation)
        except ERROR_ONS as e:
            raise HTTPException(503 if isinstance(e, ERROR_UNAVAILABLE) else 400, e.message) from None
        return JSONResponse({"status": "confirmed"})


def _client(request: Request) -> str:
    """Return the client's address, or "" if it is not one (X-Forwarded-For can hold anything)."""
    try:
        return str(ip_address(request.client.host if request.client else ""))
    except ValueError:
        return ""


def _refusal(status: int, reason: str) -> JSONResponse:
    """Return the answer to a message that ONS keeps."""
    return JSONResponse({"error": reason}, status, HEADERS.get(status))
