"""The two calls to Oracle's Notification Service: confirm a subscription, fetch a signing certificate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import cachetools  # keeps certificates: bounded, for a time
from spaceone.core.connector import BaseConnector

from plugin.connector.https_client import BUSY, Failed, HttpsClient
from plugin.error import ERROR_CERTIFICATE, ERROR_ONS, ERROR_SIGNATURE, ERROR_UNCONFIRMED
from plugin.observe import metrics
from plugin.ons.check.address import CertificateUrl, ConfirmationUrl

if TYPE_CHECKING:
    from cryptography import x509

MOST_BYTES = 64 * 1024  # of a certificate
MOST_WAITING = 12  # callers that wait for a certificate at once
CERTIFICATES, KEPT = 64, 3600.0  # how many, and for how many seconds
FAILURES, FAILURE_KEPT = 256, 30.0

Refusal = tuple[type[ERROR_ONS], str]  # why there is no certificate


class OnsConnector(BaseConnector):
    """Confirm subscriptions and fetch certificates, at addresses that `plugin.ons.check.address` returned."""

    def __init__(self, client: HttpsClient | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._client = client or HttpsClient()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._certificates = cachetools.TTLCache[str, "x509.Certificate"](CERTIFICATES, KEPT, clock)
        self._failures = cachetools.TTLCache[str, Refusal](FAILURES, FAILURE_KEPT, clock)  # apart: they push no certificate out
        self._fetching: set[str] = set()
        self._turn = threading.Condition()

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
            outcome = self._kept(url)
        if outcome is None:
            if not self._waiting.acquire(blocking=False):
                raise ERROR_CERTIFICATE(reason=BUSY)
            try:
                outcome = self._fetch_once(url)
            finally:
                self._waiting.release()
        if isinstance(outcome, tuple):
            kind, reason = outcome
            raise kind(reason=reason)
        return outcome

    def _kept(self, url: CertificateUrl) -> x509.Certificate | Refusal | None:
        return self._certificates.get(url) or self._failures.get(url)

    def _fetch_once(self, url: CertificateUrl) -> x509.Certificate | Refusal:
        """Fetch a certificate, or wait for the caller who fetches it already."""
        with self._turn:
            self._turn.wait_for(lambda: url not in self._fetching)
            if kept := self._kept(url):
                return kept
            self._fetching.add(url)
        try:
            outcome = self._fetch(url)
            with self._turn:
                if not isinstance(outcome, tuple):
                    self._certificates[url] = outcome
                elif outcome[1] != BUSY:  # which says nothing of the host
                    self._failures[url] = outcome
            return outcome
        finally:
            with self._turn:
                self._fetching.discard(url)
                self._turn.notify_all()

    def _fetch(self, url: CertificateUrl) -> x509.Certificate | Refusal:
        from plugin.ons.check import signature  # only where it is wanted: see `plugin.ons.check.signed`

        outcome: x509.Certificate | Refusal
        try:
            outcome = signature.load(self._client.get(url, MOST_BYTES))
        except Failed as e:
            outcome = ERROR_CERTIFICATE, str(e)
        except ERROR_SIGNATURE as e:
            outcome = ERROR_SIGNATURE, e.reason
        metrics.certificates_by_outcome[metrics.FAILED if isinstance(outcome, tuple) else metrics.FETCHED].inc()
        return outcome
