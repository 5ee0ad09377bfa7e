"""Forward a message to SpaceONE's webhook; retry while there is time, if SpaceONE did not accept the message."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time

import httpx

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting.limits import FORWARD_DEADLINE

INITIAL_BACKOFF = 0.1  # seconds before the second try; then doubled, with 50 % jitter
MIN_TRY_SECONDS = 0.2  # left for a retry
BODY_SECONDS = 0.5  # to read the body
MAX_ANSWER_BYTES = 65536
JSON_HEADERS = {"Content-Type": "application/json"}
RETRYABLE_STATUSES = (429, 502, 503, 504)
NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)  # nothing was sent
NO_CONNECTION, NO_STATUS = 503, 500  # as HTTP statuses


class Forwarder:
    """An HTTP client of SpaceONE's webhook. Use it as an asynchronous context manager."""

    def __init__(self, url: str, tls: ssl.SSLContext, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Raise ERROR_ENVIRONMENT for a URL that cannot be called. `transport` replaces the network in tests."""
        self._client = httpx.AsyncClient(
            verify=tls,
            transport=transport,
            limits=httpx.Limits(max_keepalive_connections=10, max_connections=20),
            timeout=httpx.Timeout(FORWARD_DEADLINE, connect=1.5, pool=2.0),
        )
        try:
            self._url = self._client.build_request("POST", url).url
            self._url.host.encode("idna")  # as the DNS look-up does
        except (httpx.InvalidURL, UnicodeError):
            raise ERROR_ENVIRONMENT("SPACEONE_WEBHOOK_URL", "a URL that can be called expected") from None

    async def __aenter__(self) -> Forwarder:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.__aexit__()

    async def forward(self, content: bytes) -> int:
        """Return the HTTP status of the last try within FORWARD_DEADLINE seconds."""
        end, backoff = time.monotonic() + FORWARD_DEADLINE, INITIAL_BACKOFF
        while True:
            status = await self._try(content, end - time.monotonic())
            wait = backoff * (0.5 + random.random() / 2)  # noqa: S311 - jitter
            if status not in RETRYABLE_STATUSES or time.monotonic() + wait + MIN_TRY_SECONDS > end:
                return status
            await asyncio.sleep(wait)
            backoff *= 2

    async def _try(self, content: bytes, seconds: float) -> int:
        """Return SpaceONE's status, NO_CONNECTION, or NO_STATUS if the connection broke or timed out first."""
        status = NO_STATUS
        with contextlib.suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(seconds):
                try:
                    async with self._client.stream("POST", self._url, content=content, headers=JSON_HEADERS) as answer:
                        status = answer.status_code
                        async with asyncio.timeout(BODY_SECONDS):
                            async for _ in answer.aiter_raw(MAX_ANSWER_BYTES):
                                break  # the status decides; reading the body lets the connection be reused
                except NOT_CONNECTED:
                    return NO_CONNECTION
        return status
