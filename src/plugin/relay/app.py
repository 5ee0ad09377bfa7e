"""The relay's web application: POST /webhook/oci for ONS, and GET /health.

It serves where SpaceONE's REST API is not on the internet, where Basic authentication is wanted, or where the headers of a
delivery matter (topic, message id, confirmation). A message is acknowledged once SpaceONE has taken it; until then ONS keeps it
and tries again. Nothing is kept here.
https://docs.oracle.com/en-us/iaas/Content/Notification/Tasks/create-subscription-https.htm
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable

from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plugin.error import ERROR_ONS, ERROR_UNAVAILABLE
from plugin.interface.http import health_answer
from plugin.manager.subscription_manager import SubscriptionManager
from plugin.observe.defect import describe_without_text
from plugin.observe.log import fields
from plugin.observe.metrics import REGISTRY
from plugin.ons.message import Confirmation
from plugin.ons.recognise import classify, unwrap
from plugin.relay.authentication import may_deliver
from plugin.relay.delivery import Forwarder
from plugin.setting.build import NAME
from plugin.setting.limits import RELAY_DEADLINE
from plugin.setting.relay import BODY, RelaySettings

_LOGGER = logging.getLogger(__name__)

JSON, TEXT = "application/json", "text/plain"  # ONS sends plain text for what was published as that
HEADER_PREFIX = "x-oci-ns-"
MAX_BODY_BYTES = 256 * 1024  # ONS sends 64 KB at most
MAX_BYTES_IN_FLIGHT = 32 * 1024 * 1024  # of bodies that are read and forwarded
LOG_DEFECTS_EVERY = 60.0  # seconds
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

DEFECT = "defect"  # a 503 too: the relay failed in a way that nobody expected

answers = Counter("ons_relay_answers", "Deliveries of ONS, by answer.", ["answer"], registry=REGISTRY)
answers_by_status = {status: answers.labels(answer) for status, answer in ANSWERS.items()}
defects = answers.labels(DEFECT)


class RefusedError(Exception):
    """A delivery that is not taken: HTTP status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Relay:
    """Say who may deliver, read deliveries, and answer each in time."""

    def __init__(self, settings: RelaySettings, subscriptions: SubscriptionManager, forwarder: Forwarder) -> None:
        self._settings = settings
        self._subscriptions = subscriptions
        self._forwarder = forwarder
        self._bytes_in_flight = 0
        self._unlogged_defects, self._quiet_until = 0, 0.0

    def app(self) -> Starlette:
        """Return the web application."""
        routes = [Route("/webhook/oci", self.receive, methods=["POST"]), Route("/health", _health, methods=["GET"])]
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False  # it would redirect to whatever host the sender names
        return app

    async def receive(self, request: Request) -> Response:
        """Answer one delivery, within RELAY_DEADLINE."""
        count = None
        try:
            async with asyncio.timeout(RELAY_DEADLINE):
                answer = await self._answer(request)
        except RefusedError as e:
            answer = _refusal(e.status, e.reason)
        except TimeoutError:
            answer = _refusal(503, "Not in time")
        except Exception as e:  # noqa: BLE001 - whatever it is, ONS is to keep the message and try again
            self._log_defect(e)
            answer, count = _refusal(503, "The relay failed"), defects
        (count or answers_by_status[answer.status_code]).inc()
        _LOGGER.info("delivery", extra=fields(status=answer.status_code))
        return answer

    async def _answer(self, request: Request) -> Response:
        """Answer once the whole request is there: one that is answered before may lose the answer."""
        length = _check_framing(request.headers.items())
        if self._bytes_in_flight + length > MAX_BYTES_IN_FLIGHT:
            raise RefusedError(503, "Busy")
        self._bytes_in_flight += length
        try:
            body = await _read_body(request)
            if not may_deliver(self._settings.users, request.headers.get("authorization", "")):
                raise RefusedError(401, "Unauthorized")
            return await self._take(request, body)
        finally:
            self._bytes_in_flight -= length

    async def _take(self, request: Request, body: bytes) -> Response:
        """Confirm a subscription, refuse what no SpaceONE could read, forward anything else."""
        text = _text_of(request, body)
        ours = {name: value for name, value in request.headers.items() if name.startswith(HEADER_PREFIX)}
        envelope = {"headers": ours, "text": text}
        try:
            unwrapped = unwrap(envelope)
            if unwrapped.is_envelope_of_unknown_type:
                raise RefusedError(400, "Unknown message type")
            message = classify(unwrapped) if unwrapped.is_confirmation else None
        except ERROR_ONS:
            message = None  # forwarded: SpaceONE shows a person what the plugin refuses
        if isinstance(message, Confirmation):
            return await self._confirm(message)
        status = await self._forwarder.forward(body if self._settings.format == BODY else json.dumps(envelope).encode())
        if 200 <= status < 300:
            return JSONResponse({"status": "processed"})
        raise (
            RefusedError(502, "SpaceONE refused the message")
            if status < 500
            else RefusedError(503, "SpaceONE cannot be reached")
        )

    async def _confirm(self, confirmation: Confirmation) -> Response:
        try:
            await self._subscriptions.confirm(confirmation)
        except ERROR_ONS as e:
            raise RefusedError(503 if isinstance(e, ERROR_UNAVAILABLE) else 400, e.message) from None
        return JSONResponse({"status": "confirmed"})

    def _log_defect(self, error: Exception) -> None:
        """Log a defect, at most one a minute, with the number of those since the last line."""
        self._unlogged_defects += 1
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + LOG_DEFECTS_EVERY
            _LOGGER.error("defect: %s", describe_without_text(error), extra=fields(count=self._unlogged_defects))
            self._unlogged_defects = 0


def _check_framing(headers: Iterable[tuple[str, str]]) -> int:
    """Return how many bytes the body may have; refuse headers that two servers could read differently."""
    names = [name for name, _ in headers]
    by_name = dict(headers)
    doubled = any(names.count(name) > 1 for name in names if name.startswith(HEADER_PREFIX) or name == "content-length")
    if doubled or ("transfer-encoding" in names and "content-length" in names):
        raise RefusedError(400, "Ambiguous headers")
    length = by_name.get("content-length", "")
    return min(int(length), MAX_BODY_BYTES) if length.isdecimal() else MAX_BODY_BYTES


async def _read_body(request: Request) -> bytes:
    """Return the body; read one that is too large to its end, or to four times the limit, and refuse it then."""
    body, length = bytearray(), 0
    try:
        async for piece in request.stream():
            length += len(piece)
            if length <= MAX_BODY_BYTES:
                body += piece
            elif length > 4 * MAX_BODY_BYTES:
                break
    except ClientDisconnect:
        raise RefusedError(400, "Cut off") from None
    if length > MAX_BODY_BYTES:
        raise RefusedError(413, "Body too large")
    return bytes(body)


def _text_of(request: Request, body: bytes) -> str:
    """Return the body as text, of one of the two content types that ONS sends."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in (JSON, TEXT):
        raise RefusedError(400, "Invalid content type")
    try:
        text = body.decode()
        if content_type == JSON:
            json.loads(text)
    except UnicodeDecodeError:
        raise RefusedError(400, "Body is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise RefusedError(400, "Body is not JSON") from None
    return text


def _refusal(status: int, reason: str) -> JSONResponse:
    """Return the answer to what was not taken. ONS keeps the message; after 502 and 503 a further try may succeed."""
    return JSONResponse(
        {"error": reason}, status, CHALLENGE if status == 401 else RETRY_AFTER if status in (502, 503) else None
    )


async def _health(_: Request) -> Response:
    return health_answer(healthy=True)
