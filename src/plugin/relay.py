"""The HTTP face of ONS: take its deliveries at /webhook/oci and hand them on to SpaceONE's webhook.

For when SpaceONE's REST door is not on the internet, when Basic authentication is wanted, which is all that ONS can do, or
when the headers of a delivery matter (topic, message id, confirmation). A message is acknowledged once SpaceONE has taken
it; until then ONS keeps it and tries again. Nothing is kept here.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import json
import logging
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest
from spaceone.core import config
from spaceone.core.logger import set_logger
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plugin import option, process
from plugin.connector.memory import LocalMemory
from plugin.error import ERROR_ENVIRONMENT, ERROR_ONS, ERROR_UNAVAILABLE
from plugin.interface.http import health
from plugin.log import facts
from plugin.manager.event_manager import EventManager
from plugin.metric import REGISTRY
from plugin.ons.message import CONFIRMATION_TYPES, Kind, recognise
from plugin.relay_setting import BODY, Settings, from_environment
from plugin.relay_user import known

_LOGGER = logging.getLogger("plugin.relay")  # its own name is __main__

CONTENT_TYPES = ("application/json", "text/plain")  # ONS sends plain text for what was published as that
HEADER_PREFIX = "x-oci-ns-"
LARGEST = 256 * 1024  # bytes; ONS sends 64 KB at most
MOST_IN_FLIGHT = 200
BUDGET = 4.0  # seconds for SpaceONE; ONS hangs up after 5
DEADLINE = 4.4  # seconds for everything
FIRST_PAUSE = 0.1  # seconds before the second try; doubled each time, half of it by chance
TRY_AGAIN = (429, 502, 503, 504)
RETRY_AFTER = {"Retry-After": "60"}
CHALLENGE = {"WWW-Authenticate": f'Basic realm="{process.NAME}", charset="UTF-8"'}  # ONS sends credentials only after it
UNMADE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)  # no connection was made: nothing was handed over
ANSWERS = {200: "taken", 400: "refused", 401: "unauthorized", 413: "too_large", 502: "refused_by_spaceone", 503: "unavailable"}

_counter = Counter("ons_relay_answers", "Deliveries of ONS, by answer.", ["answer"], registry=REGISTRY)
_ANSWERED = {status: _counter.labels(answer) for status, answer in ANSWERS.items()}


class Relay:
    """Take deliveries, confirm subscriptions, hand messages on."""

    def __init__(self, settings: Settings, options: option.Options) -> None:
        self._settings = settings
        self._manager = EventManager(options, LocalMemory())
        self._in_flight = 0
        self._client = httpx.AsyncClient(
            verify=settings.tls,
            limits=httpx.Limits(max_keepalive_connections=10, max_connections=20),
            timeout=httpx.Timeout(BUDGET, connect=1.5, pool=2.0),
        )

    def app(self) -> Starlette:
        """Return the web application."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self._client:
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
                    answer = await self._received(request)
            finally:
                self._in_flight -= 1
        _ANSWERED[answer.status_code].inc()
        _LOGGER.info("delivery", extra=facts(status=answer.status_code))
        return answer

    async def _received(self, request: Request) -> Response:
        users, authorization = self._settings.users, request.headers.get("authorization", "")
        if users and not await anyio.to_thread.run_sync(known, authorization, users):
            return _refusal(401, "Unauthorized", CHALLENGE)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in CONTENT_TYPES:
            return _refusal(400, "Invalid content type")
        try:
            body = await _body(request)
            text = body.decode()
        except ClientDisconnect:
            return _refusal(400, "Body cut off")
        except UnicodeDecodeError:
            return _refusal(400, "Body is not UTF-8 text")
        except OverflowError:
            return _refusal(413, "Body too large")
        headers = {name: value for name, value in request.headers.items() if name.startswith(HEADER_PREFIX)}
        envelope = {"headers": headers, "text": text}
        if _is_confirmation(envelope):
            return await self._confirmed(envelope)
        if _is_of_unknown_type(text):
            return _refusal(400, "Unknown message type")
        if self._settings.format == BODY:
            return await self._handed_on(body)
        return await self._handed_on(json.dumps(envelope).encode())

    async def _confirmed(self, envelope: dict[str, Any]) -> Response:
        try:
            await anyio.to_thread.run_sync(self._manager.parse, {}, envelope, abandon_on_cancel=True)
        except ERROR_UNAVAILABLE as e:
            return _refusal(503, e.message, RETRY_AFTER)
        except ERROR_ONS as e:
            return _refusal(400, e.message)
        return JSONResponse({"status": "confirmed"})

    async def _handed_on(self, content: bytes) -> Response:
        """Hand a message to SpaceONE, again and again while nothing was handed over and there is time."""
        end, pause = time.monotonic() + BUDGET, FIRST_PAUSE
        while True:
            status = await self._tried(content, end - time.monotonic())
            if 200 <= status < 300:
                return JSONResponse({"status": "processed"})
            wait = pause * (0.5 + random.random() / 2)  # noqa: S311 - jitter
            if status not in TRY_AGAIN or time.monotonic() + wait + 0.2 > end:
                break
            await anyio.sleep(wait)
            pause *= 2
        if status < 500:
            return _refusal(502, "SpaceONE refused the message", RETRY_AFTER)
        return _refusal(503, "SpaceONE cannot be reached", RETRY_AFTER)

    async def _tried(self, content: bytes, seconds: float) -> int:
        """Return SpaceONE's status; 503 if no connection was made, 500 if one broke after it was."""
        with anyio.move_on_after(seconds):
            try:
                headers = {"Content-Type": "application/json"}
                answer = await self._client.post(self._settings.url, content=content, headers=headers)
            except UNMADE:
                return 503
            except httpx.HTTPError:
                return 500
            return answer.status_code
        return 500


async def _body(request: Request) -> bytes:
    """Return the body, or raise OverflowError as soon as it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            raise OverflowError
    return body


def _is_confirmation(envelope: dict[str, Any]) -> bool:
    try:
        return recognise(envelope).kind is Kind.CONFIRMATION
    except ERROR_ONS:
        return False  # handed on: SpaceONE shows a person what the plugin refuses


def _is_of_unknown_type(text: str) -> bool:
    """Say whether this is a documented envelope, of a type that is not."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(body, dict) or not body.keys() & {"messageId", "topicId", "subscriptionId"}:
        return False
    return "type" in body and "dedupeKey" not in body and body["type"] not in ("Notification", *CONFIRMATION_TYPES)


def _refusal(status: int, why: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": why}, status, headers or (RETRY_AFTER if status == 503 else None))


async def _health(_: Request) -> Response:
    status, content_type, body = health(healthy=True)
    return Response(body, status, media_type=content_type)


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def main() -> None:
    """Serve until SIGTERM or SIGINT; end with status 2 and one line for a bad setting."""
    try:
        settings, options = from_environment(os.environ), option.from_environment(os.environ)
        config.init_conf(package="plugin")
        config.set_service_config("plugin.conf.global_conf:global_conf")
    except ERROR_ENVIRONMENT as e:
        print(f"{process.NAME} relay: {e.message}", file=sys.stderr)  # noqa: T201 - for whoever starts it
        sys.exit(2)
    set_logger()
    app = Relay(settings, options).app()
    _LOGGER.info("serving", extra=facts(port=settings.port, version=process.version()))
    uvicorn.run(
        app,
        host="0.0.0.0",  # noqa: S104 - it is there to be reached
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
