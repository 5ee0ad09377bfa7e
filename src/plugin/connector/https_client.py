"""GET a URL within a deadline, on an event loop in a thread of its own.

What takes a worker thread of the server waits here at most until the deadline; then the call is cancelled, which closes its
socket. So a host that answers a byte a second, or a look-up of a name that hangs, holds nothing longer than that.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plugin.ons.check.address import CertificateUrl, ConfirmationUrl

if TYPE_CHECKING:
    import httpx

DEADLINE = 3.8  # seconds for a whole call, the look-up of the name included; ONS gives the whole chain 5
CONNECT, READ = 1.0, 1.5  # seconds to connect, and without a byte
MOST_CALLS = 12  # under way at once
MOST_CALLS_A_HOST = 6  # of them
TRIES = 2  # to make a connection; a request that was sent is never sent again

BUSY = "too many calls to Oracle are under way"
UNREACHABLE = "Oracle could not be reached, or did not answer in time"  # one text: which of them would map a network


class Failed(Exception):
    """A call that did not succeed, and why: our own words, never the URL's."""


class HttpsClient:
    """Open addresses that `plugin.ons.check.address` returned, and no others.

    No redirect is followed, no cookie kept, no credentials sent. Proxies come from the environment (HTTPS_PROXY), and so do
    certificate authorities (SSL_CERT_FILE). `transport` replaces the network in tests.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._calls: Counter[str] = Counter()  # under way, by host
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tls: ssl.SSLContext | None = None

    def get(self, url: ConfirmationUrl | CertificateUrl, most_bytes: int) -> bytes:
        """Return the body of a 2xx answer, or raise Failed, within DEADLINE seconds.

        Of a body nothing is read where `most_bytes` is 0, and one that is longer is refused.
        """
        host = urlsplit(url).netloc
        with self._lock:
            if self._calls.total() >= MOST_CALLS or self._calls[host] >= MOST_CALLS_A_HOST:
                raise Failed(BUSY)
            self._calls[host] += 1
        call = asyncio.run_coroutine_threadsafe(self._bounded(url, most_bytes), self._started_loop())
        call.add_done_callback(lambda _: self._end(host))
        try:
            return call.result(DEADLINE + 0.2)
        except FutureTimeoutError:
            raise Failed(UNREACHABLE) from None

    def _end(self, host: str) -> None:
        with self._lock:
            self._calls[host] -= 1
            self._calls += Counter()  # without those at zero

    def _started_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.set_default_executor(ThreadPoolExecutor(MOST_CALLS, "lookup"))  # look-ups of names
                threading.Thread(target=self._loop.run_forever, name="https", daemon=True).start()
            return self._loop

    async def _bounded(self, url: str, most_bytes: int) -> bytes:
        try:
            return await asyncio.wait_for(self._get(url, most_bytes), DEADLINE)
        except asyncio.TimeoutError:
            raise Failed(UNREACHABLE) from None

    async def _get(self, url: str, most_bytes: int) -> bytes:
        import httpx  # only where there is something to fetch: it costs a tenth of the start

        self._tls = self._tls or httpx.create_ssl_context()
        timeout = httpx.Timeout(READ, connect=CONNECT)
        async with httpx.AsyncClient(verify=self._tls, transport=self._transport, timeout=timeout) as client:
            for tries_left in reversed(range(TRIES)):
                try:
                    async with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                        return await _body(answer, most_bytes)
                except (httpx.ConnectError, httpx.ConnectTimeout) as e:
                    if not tries_left or _is_untrusted(e):
                        raise Failed(UNREACHABLE) from None
                except (httpx.HTTPError, httpx.InvalidURL):
                    raise Failed(UNREACHABLE) from None
        raise AssertionError("the last try returns or raises")


async def _body(answer: httpx.Response, most_bytes: int) -> bytes:
    body = b""
    if not answer.is_success:
        raise Failed(f"Oracle answered HTTP {answer.status_code}")
    if most_bytes:
        async for piece in answer.aiter_raw(4096):  # not decompressed: a small answer could become a huge one
            body += piece
            if len(body) > most_bytes:
                raise Failed(f"Oracle answered with more than {most_bytes} bytes")
    return body


def _is_untrusted(error: BaseException | None) -> bool:
    """Say whether a failure of TLS stands behind an error."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
