"""Forward a message to SpaceONE's webhook, again while there is time and nothing was handed over yet."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time

import httpx

from plugin.error import ERROR_ENVIRONMENT
from plugin.setting.limits import FORWARD_DEADLINE

FIRST_PAUSE = 0.1  # seconds before the second try; doubled for each further one, with 50 % jitter
MIN_SECONDS = 0.2  # seconds that a further try must have left
REST_SECONDS = 0.5  # for what follows a status
MAX_ANSWER_BYTES = 65536  # bytes of it
JSON = {"Content-Type": "application/json"}
TRY_AGAIN = (429, 502, 503, 504)
NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)  # nothing was handed over
NO_CONNECTION, BROKEN = 503, 500  # the statuses that stand for these two


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
            self._url.host.encode("idna")  # as a look-up of the name does
        except (httpx.InvalidURL, UnicodeError):
            raise ERROR_ENVIRONMENT("SPACEONE_WEBHOOK_URL", "a URL that can be called expected") from None

    async def __aenter__(self) -> Forwarder:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.__aexit__()

    async def forward(self, content: bytes) -> int:
        """Return the HTTP status of the last try within FORWARD_DEADLINE seconds."""
        end, pause = time.monotonic() + FORWARD_DEADLINE, FIRST_PAUSE
        while True:
            status = await self._try(content, end - time.monotonic())
            wait = pause * (0.5 + random.random() / 2)  # noqa: S311 - jitter
            if status not in TRY_AGAIN or time.monotonic() + wait + MIN_SECONDS > end:
                return status
            await asyncio.sleep(wait)
            pause *= 2

    async def _try(self, content: bytes, seconds: float) -> int:
        """Return SpaceONE's status; NO_CONNECTION if there was none, BROKEN if it broke or took too long before the status."""
        status = BROKEN
        with contextlib.suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(seconds):
                try:
                    async with self._client.stream("POST", self._url, content=content, headers=JSON) as answer:
                        status = answer.status_code
                        async with asyncio.timeout(REST_SECONDS):
                            async for _ in answer.aiter_raw(MAX_ANSWER_BYTES):
                                break  # the status decides; the rest is read so that the connection can be used again
                except NOT_CONNECTED:
                    return NO_CONNECTION
        return status
