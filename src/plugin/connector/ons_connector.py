"""The two calls to Oracle's Notification Service: confirm a subscription, fetch a signing certificate."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import cachetools  # certificates: bounded, with a TTL
from spaceone.core.connector import BaseConnector

from plugin.error import ERROR_CERTIFICATE, ERROR_SIGNATURE, ERROR_UNCONFIRMED
from plugin.observe import metrics
from plugin.ons.check.address import CertificateUrl, ConfirmationUrl
from plugin.setting.limits import FETCH_DEADLINE

if TYPE_CHECKING:
    import httpx
    from cryptography import x509

CONNECT_TIMEOUT, READ_TIMEOUT = 1.0, 1.5  # seconds
CONNECT_TRIES = 2  # a request that was sent is never sent again
MAX_FETCHES, MAX_FETCHES_PER_HOST = 12, 6  # in progress
MAX_FETCHES_PER_OWNER = MAX_FETCHES // 3
MAX_QUEUED_FETCHES, QUEUE_TIMEOUT, QUEUE_POLL_INTERVAL = 50, 2.0, 0.02  # seconds
SUSPECT_TTL = 30.0  # seconds: after a timeout, a host gets one call at a time
MAX_CERTIFICATE_BYTES = 64 * 1024
MAX_CERTIFICATES, CERTIFICATE_TTL = 64, 3600.0
MAX_FAILURES, FAILURE_TTL = 256, 30.0
BUSY = "too many calls to Oracle are in progress"
UNREACHABLE = "Oracle could not be reached, or did not answer in time"  # one text for every cause: no network scan (SSRF)


Refusal = tuple[type[ERROR_CERTIFICATE] | type[ERROR_SIGNATURE], str]  # why there is no certificate


class FetchError(Exception):
    """A failed call. Its text never quotes the URL."""


class BusyError(FetchError):
    """A call that was not made, so that its failure is not cached."""


class OnsConnector(BaseConnector):
    """Call the addresses that `plugin.ons.check.address` returned, and no others.

    No redirect is followed, no cookie kept, no credentials sent. Proxies and certificate authorities come from the environment
    (HTTPS_PROXY, SSL_CERT_FILE). `transport` replaces the network in tests.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._transport = transport
        self._by_host: Counter[str] = Counter()  # calls in progress
        self._by_owner: Counter[str] = Counter()
        self._queued = 0
        self._suspects = cachetools.TTLCache[str, bool](MAX_FAILURES, SUSPECT_TTL, clock)  # hosts that timed out
        self._certificates = cachetools.TTLCache[str, "x509.Certificate"](MAX_CERTIFICATES, CERTIFICATE_TTL, clock)
        self._failures = cachetools.TTLCache[str, Refusal](MAX_FAILURES, FAILURE_TTL, clock)  # negative cache
        self._fetches: dict[str, asyncio.Task[x509.Certificate]] = {}
        self._tls: ssl.SSLContext | None = None

    async def confirm(self, url: ConfirmationUrl, owner: str = "") -> None:
        """Confirm a subscription: return nothing for any 2xx, or raise ERROR_UNCONFIRMED."""
        try:
            await self._get(url, owner, max_bytes=0)
        except FetchError as e:
            metrics.confirmations_by_outcome[metrics.FAILED].inc()
            raise ERROR_UNCONFIRMED(reason=str(e)) from None
        metrics.confirmations_by_outcome[metrics.CONFIRMED].inc()

    async def certificate(self, url: CertificateUrl, owner: str = "") -> x509.Certificate:
        """Return the certificate at the URL, or raise ERROR_CERTIFICATE or ERROR_SIGNATURE.

        Concurrent requests share one fetch (single-flight). A certificate is cached for an hour, a failure for 30 s.
        """
        if certificate := self._certificates.get(url):
            return certificate
        if failure := self._failures.get(url):
            raise failure[0](reason=failure[1])
        if url not in self._fetches:
            self._fetches[url] = asyncio.create_task(self._fetch(url, owner))
            self._fetches[url].add_done_callback(lambda task: self._fetches.pop(url) and task.exception())
        return await asyncio.shield(self._fetches[url])

    async def _fetch(self, url: CertificateUrl, owner: str) -> x509.Certificate:
        from plugin.ons.check import signature  # 14 % of the memory: only where it is used

        try:
            certificate = signature.load(await self._get(url, owner, max_bytes=MAX_CERTIFICATE_BYTES))
        except (FetchError, ERROR_SIGNATURE) as e:
            metrics.certificates_by_outcome[metrics.FAILED].inc()
            refusal = (ERROR_SIGNATURE, e.reason) if isinstance(e, ERROR_SIGNATURE) else (ERROR_CERTIFICATE, str(e))
            if not isinstance(e, BusyError):
                self._failures[url] = refusal
            raise refusal[0](reason=refusal[1]) from None
        metrics.certificates_by_outcome[metrics.FETCHED].inc()
        self._certificates[url] = certificate
        return certificate

    async def _get(self, url: str, owner: str, *, max_bytes: int) -> bytes:
        """Return the body of a 2xx answer (empty if `max_bytes` is 0), or raise FetchError, within FETCH_DEADLINE."""
        deadline = asyncio.get_running_loop().time() + FETCH_DEADLINE
        async with self._slot(urlsplit(url).netloc, owner):
            async with asyncio.timeout_at(deadline):
                return await self._request(url, max_bytes)

    @asynccontextmanager
    async def _slot(self, host: str, owner: str) -> AsyncIterator[None]:
        """Hold one of the slots for calls, fair between owners and hosts; raise BusyError if there is none.

        A call to a host that is not suspect waits for a slot: webhooks without options share one owner, so calls of one of them
        to dead hosts only delay those of the others.
        """
        if not self._has_slot(host, owner) and self._queued < MAX_QUEUED_FETCHES:
            self._queued += 1
            try:
                await self._wait_for_slot(host, owner)
            finally:
                self._queued -= 1
        if not self._has_slot(host, owner):
            raise BusyError(BUSY)
        self._by_host[host] += 1
        self._by_owner[owner] += 1
        try:
            yield
            self._suspects.pop(host, None)
        except TimeoutError:
            self._suspects[host] = True
            raise FetchError(UNREACHABLE) from None
        finally:
            self._by_host[host] -= 1
            self._by_owner[owner] -= 1
            self._by_host, self._by_owner = +self._by_host, +self._by_owner  # drops zeros

    def _has_slot(self, host: str, owner: str) -> bool:
        host_limit = 1 if host in self._suspects else MAX_FETCHES_PER_HOST
        is_below_limits = self._by_host.total() < MAX_FETCHES and self._by_host[host] < host_limit
        return is_below_limits and self._by_owner[owner] < MAX_FETCHES_PER_OWNER

    async def _wait_for_slot(self, host: str, owner: str) -> None:
        for _ in range(int(QUEUE_TIMEOUT / QUEUE_POLL_INTERVAL)):
            if self._has_slot(host, owner) or host in self._suspects:
                return
            await asyncio.sleep(QUEUE_POLL_INTERVAL)

    async def _request(self, url: str, max_bytes: int) -> bytes:
        import httpx  # 10 % of the start-up time: only where it is used

        self._tls = self._tls or httpx.create_ssl_context()
        timeout = httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
        async with httpx.AsyncClient(verify=self._tls, transport=self._transport, timeout=timeout) as client:
            for tries_left in reversed(range(CONNECT_TRIES)):
                try:
                    async with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                        return await _body(answer, max_bytes)
                except httpx.ConnectError as e:
                    if not tries_left or _is_tls_error(e):
                        raise FetchError(UNREACHABLE) from None
                except httpx.TimeoutException:
                    raise TimeoutError from None
                except (httpx.HTTPError, httpx.InvalidURL):
                    raise FetchError(UNREACHABLE) from None
        raise AssertionError("the last try returns or raises")


def can_call() -> bool:
    """Say whether the HTTP client can be created: it raises an error for a bad NO_PROXY."""
    import httpx

    try:
        httpx.AsyncClient()
    except (httpx.InvalidURL, ValueError):
        return False
    return True


async def _body(answer: httpx.Response, max_bytes: int) -> bytes:
    if not answer.is_success:
        raise FetchError(f"Oracle answered HTTP {answer.status_code}")
    body = b""
    if max_bytes:
        async for piece in answer.aiter_raw(4096):  # raw: a decompression bomb stays small
            body += piece
            if len(body) > max_bytes:
                raise FetchError(f"Oracle answered with more than {max_bytes} bytes")
    return body


def _is_tls_error(error: BaseException | None) -> bool:
    """Say whether TLS is the cause of an error."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
