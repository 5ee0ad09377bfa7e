"""The relay's web application: POST /webhook/oci for ONS, and GET /health.

It serves where SpaceONE's REST API is not on the internet, where Basic authentication is wanted (the only kind that ONS can
do), or where the headers of a delivery matter (topic, message id, confirmation). A message is acknowledged once SpaceONE has
taken it; until then ONS keeps it and tries again. Nothing is kept here.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from plugin.interface.http import health
from plugin.manager.event_manager import EventManager
from plugin.observe.defect import described
from plugin.observe.log import fields
from plugin.relay.answer import CHALLENGE, answers_by_status, defects, refusal
from plugin.relay.authentication import Authenticator
from plugin.relay.checks import Busy
from plugin.relay.connection import kept
from plugin.relay.delivery import Forwarder
from plugin.relay.intake import Intake
from plugin.relay.request import read_body, while_connected
from plugin.relay.unforeseen import log_error_of_loop
from plugin.setting.relay import RelaySettings

_LOGGER = logging.getLogger(__name__)

CONTENT_TYPES = ("application/json", "text/plain")  # ONS sends plain text for what was published as that
MOST_IN_FLIGHT = 200  # whole messages on their way to SpaceONE or Oracle
DEADLINE = 4.4  # seconds for everything; ONS hangs up after 5
PROBE_SECONDS = 1.0  # in which the event loop must answer to be healthy


class Relay:
    """Say who may deliver, read deliveries, and answer each in time."""

    def __init__(self, settings: RelaySettings, manager: EventManager, forwarder: Forwarder) -> None:
        self._forwarder = forwarder
        self._intake = Intake(settings.format, manager, forwarder)
        self._authenticator = Authenticator(settings.users) if settings.users else None
        self._in_flight = 0
        self._loop: asyncio.AbstractEventLoop | None = None  # while it serves

    def app(self) -> Starlette:
        """Return the web application."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self._forwarder:
                self._loop = asyncio.get_running_loop()
                self._loop.set_exception_handler(log_error_of_loop)
                yield
                self._loop = None

        routes = [
            Route("/webhook/oci", self.receive, methods=["POST"]),
            Route("/health", _health, methods=["GET"]),
        ]
        app = Starlette(routes=routes, lifespan=lifespan)
        app.router.redirect_slashes = False  # it would redirect to whatever host the sender names
        return app

    @property
    def healthy(self) -> bool:
        """Whether deliveries are served: the event loop answers within PROBE_SECONDS. For other threads."""
        answered, loop = threading.Event(), self._loop
        if loop is None:
            return False
        loop.call_soon_threadsafe(answered.set)
        return answered.wait(PROBE_SECONDS)

    async def receive(self, request: Request) -> Response:
        """Answer one delivery, within DEADLINE."""
        answer: Response = refusal(503, "Not in time")
        count = None
        try:
            with anyio.move_on_after(DEADLINE):
                answer = await self._answer(request)
        except Exception as e:  # noqa: BLE001 - whatever it is, ONS is to keep the message and try again
            _LOGGER.error("defect: %s", described(e))
            answer, count = refusal(503, "The relay failed"), defects
        (count or answers_by_status[answer.status_code]).inc()
        _LOGGER.info("delivery", extra=fields(status=answer.status_code))
        return answer

    async def _answer(self, request: Request) -> Response:
        """Answer once the whole request is there: a connection that is closed before may lose the answer."""
        try:
            body = await read_body(request)
            if not await while_connected(request, self._may_deliver(request)):
                return refusal(401, "Unauthorized", CHALLENGE)
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in CONTENT_TYPES:
                return refusal(400, "Invalid content type")
            text = body.decode()
        except Busy:
            return refusal(503, "Busy")
        except ClientDisconnect:
            return refusal(400, "Cut off")
        except UnicodeDecodeError:
            return refusal(400, "Body is not UTF-8 text")
        except OverflowError:
            return refusal(413, "Body too large")
        return await self._take(request, body, text)

    async def _may_deliver(self, request: Request) -> bool:
        if not self._authenticator:
            return True
        address = request.client.host if request.client else ""
        return await self._authenticator.is_known(request.headers.get("authorization", ""), address)

    async def _take(self, request: Request, body: bytes, text: str) -> Response:
        """Take a message, unless MOST_IN_FLIGHT are being taken."""
        if self._in_flight >= MOST_IN_FLIGHT:
            return refusal(503, "Busy")
        self._in_flight += 1
        try:
            with kept(request.scope):
                return await self._intake.take(request.headers, body, text)
        finally:
            self._in_flight -= 1


async def _health(_: Request) -> Response:
    status, content_type, body = health(healthy=True)
    return Response(body, status, media_type=content_type)
