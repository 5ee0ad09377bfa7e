"""The two calls to Oracle's Notification Service: confirm a subscription, fetch a signing certificate."""

from __future__ import annotations

import threading
import time

import cachetools  # keeps certificates: bounded, for a time
from cryptography import x509
from spaceone.core.connector import BaseConnector

from plugin.connector.https_client import BUSY, Failed, HttpsClient
from plugin.error import ERROR_CERTIFICATE, ERROR_ONS, ERROR_SIGNATURE, ERROR_UNCONFIRMED
from plugin.observe import metrics
from plugin.ons.check import signature
from plugin.ons.check.address import CertificateUrl, ConfirmationUrl

MOST_BYTES = 64 * 1024  # of a certificate
MOST_WAITING = 12  # callers that wait for a certificate at once; with the calls below the server's threads: alarms find one
CERTIFICATES, KEPT, FAILURE_KEPT = 64, 3600.0, 30.0  # how many, and for how many seconds


class OnsConnector(BaseConnector):
    """Confirm subscriptions and fetch certificates, at addresses that `plugin.ons.check.address` returned."""

    def __init__(self, client: HttpsClient | None = None) -> None:
        super().__init__()
        self._client = client or HttpsClient()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._kept = cachetools.TLRUCache[str, object](CERTIFICATES, ttu=_kept_until, timer=time.monotonic)
        self._turn = threading.Condition()
        self._certificate = cachetools.cached(self._kept, key=str, condition=self._turn)(self._fetch_certificate)

    def confirm(self, url: ConfirmationUrl) -> None:
        """Confirm a subscription: return nothing for any 2xx, or raise ERROR_UNCONFIRMED."""
        try:
            self._client.get(url, 0)
        except Failed as e:
            metrics.confirmations_by_outcome[metrics.FAILED].inc()
            raise ERROR_UNCONFIRMED(reason=str(e)) from None
        metrics.confirmations_by_outcome[metrics.CONFIRMED].inc()

    def certificate(self, url: CertificateUrl) -> x509.Certificate:
        """Return the certificate at the URL, or raise ERROR_CERTIFICATE or ERROR_SIGNATURE.

        One caller fetches it for all. It is kept for an hour, a failure for 30 s, so that a dead host costs one time-out.
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
            outcome = signature.load(self._client.get(url, MOST_BYTES))
        except Failed as e:
            outcome = ERROR_CERTIFICATE, str(e)
        except ERROR_SIGNATURE as e:
            outcome = ERROR_SIGNATURE, e.reason
        fetched = isinstance(outcome, x509.Certificate)
        metrics.certificates_by_outcome[metrics.FETCHED if fetched else metrics.FAILED].inc()
        return outcome


def _kept_until(_url: str, outcome: object, now: float) -> float:
    if outcome == (ERROR_CERTIFICATE, BUSY):
        return now  # says nothing of the host
    return now + (KEPT if isinstance(outcome, x509.Certificate) else FAILURE_KEPT)
