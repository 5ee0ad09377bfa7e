"""The two calls to Oracle's Notification Service: confirm a subscription, fetch a signing certificate."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import cachetools
import requests
from cryptography import x509
from requests.adapters import HTTPAdapter
from spaceone.core.connector import BaseConnector
from urllib3.util.retry import Retry

from plugin.error import ERROR_CERTIFICATE, ERROR_ONS, ERROR_SIGNATURE, ERROR_UNCONFIRMED
from plugin.observe import metrics
from plugin.ons.check import signature
from plugin.ons.check.address import CertificateUrl, ConfirmationUrl

CONNECT, READ, DEADLINE = 1.0, 1.5, 3.8  # seconds; ONS gives the whole chain 5, and a look-up of a name has no limit of its own
MOST_BYTES = 64 * 1024
MOST_CALLS = 12  # under way at once
MOST_WAITING = 12  # callers that wait for a certificate at once; with the calls below the server's threads: alarms find one
CERTIFICATES, KEPT, FAILURE_KEPT = 64, 3600.0, 30.0  # how many, and for how many seconds

BUSY = "too many calls to Oracle are under way"
LATE = "Oracle did not answer in time"


class Failed(Exception):
    """A call that did not succeed, and why: our own words, never the URL's."""


class OnsConnector(BaseConnector):
    """Call only addresses that `plugin.ons.address` returned."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="ons")
        self._free = threading.BoundedSemaphore(MOST_CALLS)
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._kept = cachetools.TLRUCache[str, object](CERTIFICATES, ttu=_kept_until, timer=time.monotonic)
        self._turn = threading.Condition()
        self._certificate = cachetools.cached(self._kept, condition=self._turn)(self._fetch_certificate)

    def confirm(self, url: ConfirmationUrl) -> None:
        """Confirm a subscription: return nothing for any 2xx, or raise ERROR_UNCONFIRMED."""
        try:
            self._get(url, 0)
        except Failed as e:
            metrics.confirmations_by_outcome[metrics.FAILED].inc()
            raise ERROR_UNCONFIRMED(reason=str(e)) from None
        metrics.confirmations_by_outcome[metrics.CONFIRMED].inc()

    def certificate(self, url: CertificateUrl) -> x509.Certificate:
        """Return the certificate at the URL, or raise ERROR_CERTIFICATE or ERROR_SIGNATURE.

        One caller fetches it for all; it is kept for an hour, a failure for 30 s, so that a dead host costs one time-out.
        """
        with self._turn:
            known = url in self._kept
        if not known and not self._waiting.acquire(blocking=False):
            raise ERROR_CERTIFICATE(reason=BUSY)
        try:
            outcome = self._certificate(url)
        finally:
            if not known:
                self._waiting.release()
        if isinstance(outcome, x509.Certificate):
            return outcome
        kind, reason = outcome
        raise kind(reason=reason)

    def _fetch_certificate(self, url: CertificateUrl) -> x509.Certificate | tuple[type[ERROR_ONS], str]:
        outcome: x509.Certificate | tuple[type[ERROR_ONS], str]
        try:
            outcome = signature.load(self._get(url, MOST_BYTES))
        except Failed as e:
            outcome = ERROR_CERTIFICATE, str(e)
        except ERROR_SIGNATURE as e:
            outcome = ERROR_SIGNATURE, e.reason
        fetched = isinstance(outcome, x509.Certificate)
        metrics.certificates_by_outcome[metrics.FETCHED if fetched else metrics.FAILED].inc()
        return outcome

    def _get(self, url: ConfirmationUrl | CertificateUrl, most: int) -> bytes:
        """Return at most so many bytes of a 2xx answer within DEADLINE, or raise Failed."""
        if not self._free.acquire(blocking=False):
            raise Failed(BUSY)
        call: Future[bytes] = self._calls.submit(_get, url, most)
        call.add_done_callback(lambda _: self._free.release())
        try:
            return call.result(DEADLINE)
        except FutureTimeoutError:
            raise Failed(LATE) from None


def _get(url: str, most: int) -> bytes:
    """Open the URL: no redirect is followed, and only a connection that was never made is tried a second time."""
    with requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=Retry(None, connect=1, read=False, redirect=0, status=0, other=0)))
        session.auth = _anonymous
        try:
            with session.get(url, timeout=(CONNECT, READ), allow_redirects=False, stream=True) as answer:
                if not 200 <= answer.status_code < 300:
                    raise Failed(f"Oracle answered HTTP {answer.status_code}")
                return _read(answer, most)
        except requests.exceptions.SSLError:
            raise Failed("the TLS certificate of the host is not trusted") from None
        except requests.exceptions.Timeout:
            raise Failed(LATE) from None
        except requests.exceptions.RequestException:
            raise Failed("Oracle could not be reached") from None


def _read(answer: requests.Response, most: int) -> bytes:
    content = b""
    end = time.monotonic() + READ
    for piece in answer.iter_content(4096) if most else ():
        content += piece
        if len(content) > most:
            raise Failed(f"Oracle answered with more than {most} bytes")
        if time.monotonic() > end:
            raise Failed(LATE)
    return content


def _anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send no credentials: without this, requests looks for some in ~/.netrc."""
    return request


def _kept_until(_url: str, outcome: object, now: float) -> float:
    if outcome == (ERROR_CERTIFICATE, BUSY):
        return now  # says nothing of the host
    return now + (KEPT if isinstance(outcome, x509.Certificate) else FAILURE_KEPT)
