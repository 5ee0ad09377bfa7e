"""Clients of Oracle's services in one region. All calls to OCI, and the errors for its refusals, are here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, TypeVar

import oci

from oci_connect.error import Refusal, Unreachable
from oci_connect.identity import Identity
from oci_connect.output import Output
from oci_connect.rate_limiter import RateLimiter
from oci_connect.resource import Resource

TIMEOUTS = (5, 30)  # seconds to connect, and to read
MAX_CONFLICT_WAIT = 10.0  # seconds
WORKERS = 16  # requests at a time; OCI takes about 10 alarm operations a second
Item = TypeVar("Item")
Found = TypeVar("Found")


class Connection:
    """The SDK's clients of one region, created on demand.

    It remembers what this run created or deleted, because OCI's lists are eventually consistent.
    """

    def __init__(
        self, identity: Identity, region: str, endpoint: str | None, output: Output, rate: RateLimiter, wait: float
    ) -> None:
        self.region, self.tenancy, self.wait = region, identity.tenancy, wait
        # Seconds that all steps together may wait for new resources, and for resources that are being changed.
        self.patience = {"new": wait, "changing": min(wait, MAX_CONFLICT_WAIT)}
        self._output, self._rate_limiter = output, rate
        self.made: dict[str, dict[str, Resource]] = defaultdict(dict)  # topic, alarm, … -> OCID -> resource
        self.deleted: set[str] = set()
        self._config = {**identity.config, "region": region}
        self._settings = {
            **identity.settings,
            "retry_strategy": _retry_strategy(output),
            "timeout": TIMEOUTS,
            "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
        }
        if endpoint:
            self._settings["service_endpoint"] = endpoint.replace("{region}", region)
        self._clients: dict[type, Any] = {}

    @property
    def topics(self) -> Any:
        return self._client(oci.ons.NotificationControlPlaneClient)

    @property
    def messages(self) -> Any:
        return self._client(oci.ons.NotificationDataPlaneClient)

    @property
    def monitoring(self) -> Any:
        return self._client(oci.monitoring.MonitoringClient)

    @property
    def events(self) -> Any:
        return self._client(oci.events.EventsClient)

    @property
    def identity(self) -> Any:
        return self._client(oci.identity.IdentityClient)

    @property
    def audit(self) -> Any:
        return self._client(oci.audit.AuditClient)

    def _client(self, kind: type) -> Any:
        if kind not in self._clients:
            self._clients[kind] = kind(self._config, **self._settings)
        return self._clients[kind]

    def ask(self, doing: str, call: Callable[..., Any], *positional: Any, about: object = None, **keywords: Any) -> Any:
        """Return the SDK's response, or raise Refusal with the operation and its subject."""
        if isinstance(getattr(call, "__self__", None), oci.monitoring.MonitoringClient):
            self._rate_limiter.wait()
        try:
            return call(*positional, **keywords)
        except oci.exceptions.ServiceError as e:
            about = about or _about(*positional)
            raise Refusal(doing, e, self._output.redact, region=self.region, about=about) from e
        except (oci.exceptions.RequestException, oci.exceptions.ConnectTimeout) as e:
            raise Unreachable(doing, self.region, about) from e

    def ask_all(self, doing: str, call: Callable[..., Any], *positional: Any, **keywords: Any) -> list[Any]:
        """Return the items of all pages. The SDK's own pagination would retry for ten minutes."""
        reply = self.ask(doing, call, *positional, **keywords)
        items = list(reply.data)
        while reply.has_next_page:
            reply = self.ask(doing, call, *positional, **keywords, page=reply.next_page)
            items += reply.data
        return items

    def each(self, items: Sequence[Item], function: Callable[[Item], Found], doing: str) -> list[Found]:
        """Return the results of a function for all items, called in parallel; an error ends the others too."""
        pool = ThreadPoolExecutor(WORKERS)
        try:
            return list(self._output.track(pool.map(function, items), len(items), f"{doing} in {self.region}"))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _about(subject: object = "", *_: object) -> SimpleNamespace:
    """Return the subject of a call, its first argument: the listed compartment, or the OCID that is read."""
    text = str(subject)
    is_place = text.startswith(("ocid1.compartment.", "ocid1.tenancy."))
    return SimpleNamespace(compartment=text if is_place else "", id=text if text.startswith("ocid1.") and not is_place else "")


def _retry_strategy(output: Output) -> Any:
    """Return a retry strategy with backoff and jitter for at most a minute, shown to the user. The default is ten minutes."""
    builder = oci.retry.RetryStrategyBuilder(retry_max_wait_between_calls_seconds=8)
    builder.add_max_attempts(5).add_total_elapsed_time(60)
    builder.add_service_error_check(service_error_retry_config={429: []}, service_error_retry_on_any_5xx=True)
    strategy = builder.get_retry_strategy()
    sleep = strategy.do_sleep

    def sleep_and_tell(attempt: int, error: Exception) -> None:
        reason = f"OCI answered {error.status}" if isinstance(error, oci.exceptions.ServiceError) else "OCI did not answer"
        with output.waiting(f"{reason}: waiting before attempt {attempt + 1} of 5"):
            sleep(attempt, error)

    strategy.do_sleep = sleep_and_tell
    return strategy
