"""The relay's web application: POST /webhook/oci for ONS, GET /health and /metrics.

It serves where SpaceONE's REST API is not on the internet, where Basic authentication is wanted (the only kind that ONS can
do), or where the headers of a delivery matter (topic, message id, confirmation). A message is acknowledged once SpaceONE has
taken it; until then ONS keeps it and tries again. Nothing is kept here.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plugin.error import ERROR_ONS, ERROR_UNAVAILABLE
from plugin.interface.http import health
from plugin.manager.event_manager import EventManager
from plugin.observe.log import fields
from plugin.observe.metrics import REGISTRY
from plugin.ons.message import Confirmation
from plugin.ons.recognise import classify, unwrap
from plugin.relay.authentication import is_known
from plugin.relay.delivery import Forwarder
from plugin.setting.build import NAME
from plugin.setting.relay import BODY, RelaySettings

_LOGGER = logging.getLogger(__name__)

CONTENT_TYPES = ("application/json", "text/plain")  # ONS sends plain text for what was published as that
HEADER_PREFIX = "x-oci-ns-"
LARGEST = 256 * 1024  # bytes; ONS sends 64 KB at most
MOST_IN_FLIGHT = 200
DEADLINE = 4.4  # seconds for everything; ONS hangs up after 5
RETRY_AFTER = {"Retry-After": "60"}
CHALLENGE = {"WWW-Authenticate": f'Basic realm="{NAME}", charset="UTF-8"'}  # ONS sends credentials only after it
ANSWERS = {  # HTTP status -> label of the metric
    200: "taken",
    400: "refused",
    401: "unauthorized",
    413: "too_large",
    502: "refused_by_spaceone",
    503: "unavailable",
}

answers = Counter("ons_relay_answers", "Deliveries of ONS, by answer.", ["answer"], registry=REGISTRY)
answers_by_status = {status: answers.labels(answer) for status, answer in ANSWERS.items()}


class Relay:
    """Take deliveries, confirm subscriptions, hand messages on."""

    def __init__(self, settings: RelaySettings, manager: EventManager, forwarder: Forwarder) -> None:
        self._settings = settings
        self._manager = manager
        self._forwarder = forwarder
        self._in_flight = 0

    def app(self) -> Starlette:
        """Return the web application."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self._forwarder:
                yield

        routes = [
            Route("/webhook/oci", self.receive, methods=["POST"]),
            Route("/health", _health, methods=["GET"]),
            Route("/metrics", _metrics, methods=["GET"]),
        ]
        return Starlette(routes=routes, lifespan=lifespan)

    async def receive(self, request: Request) -> Response:
        """Answer one delivery, within DEADLINE."""
        answer: Response = _refusal(503, "Busy")
        if self._in_flight < MOST_IN_FLIGHT:
            self._in_flight += 1
            try:
                answer = _refusal(503, "Not in time")
                with anyio.move_on_after(DEADLINE):
                    answer = await self._answer(request)
            finally:
                self._in_flight -= 1
        answers_by_status[answer.status_code].inc()
        _LOGGER.info("delivery", extra=fields(status=answer.status_code))
        return answer

    async def _answer(self, request: Request) -> Response:
        users, authorization = self._settings.users, request.headers.get("authorization", "")
        if users and not await anyio.to_thread.run_sync(is_known, authorization, users):
            return _refusal(401, "Unauthorized", CHALLENGE)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in CONTENT_TYPES:
            return _refusal(400, "Invalid content type")
        try:
            body = await _read_body(request)
            text = body.decode()
        except ClientDisconnect:
            return _refusal(400, "Body cut off")
        except UnicodeDecodeError:
            return _refusal(400, "Body is not UTF-8 text")
        except OverflowError:
            return _refusal(413, "Body too large")
        return await self._take(request, body, text)

    async def _take(self, request: Request, body: bytes, text: str) -> Response:
        """Confirm a subscription, refuse an envelope of an unknown type, hand on anything else."""
        headers = {name: value for name, value in request.headers.items() if name.startswith(HEADER_PREFIX)}
        envelope = {"headers": headers, "text": text}
        try:
            arrival = unwrap(envelope)
            if arrival.is_envelope_of_unknown_type:
                return _refusal(400, "Unknown message type")
            message = classify(arrival) if arrival.is_confirmation else None
        except ERROR_ONS:
            message = None  # handed on: SpaceONE shows a person what the plugin refuses
        if isinstance(message, Confirmation):
            return await self._confirm(message)
        return await self._hand_on(body if self._settings.format == BODY else json.dumps(envelope).encode())

    async def _confirm(self, confirmation: Confirmation) -> Response:
        try:
            await anyio.to_thread.run_sync(self._manager.confirm, confirmation, abandon_on_cancel=True)
        except ERROR_UNAVAILABLE as e:
            return _refusal(503, e.message, RETRY_AFTER)
        except ERROR_ONS as e:
            return _refusal(400, e.message)
        return JSONResponse({"status": "confirmed"})

    async def _hand_on(self, content: bytes) -> Response:
        status = await self._forwarder.hand_on(content)
        if 200 <= status < 300:
            return JSONResponse({"status": "processed"})
        if status < 500:
            return _refusal(502, "SpaceONE refused the message", RETRY_AFTER)
        return _refusal(503, "SpaceONE cannot be reached", RETRY_AFTER)


async def _read_body(request: Request) -> bytes:
    """Return the body, or raise OverflowError as soon as it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            raise OverflowError
    return body


def _refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": reason}, status, headers or (RETRY_AFTER if status == 503 else None))


async def _health(_: Request) -> Response:
    status, content_type, body = health(healthy=True)
    return Response(body, status, media_type=content_type)


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
