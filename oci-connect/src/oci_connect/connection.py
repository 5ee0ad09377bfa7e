"""Oracle's services in one region by their SDK: the one place where OCI is asked, and where its refusals get their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import oci

from oci_connect.error import CommandError, Refusal
from oci_connect.identity import Identity
from oci_connect.output import Output

TIMEOUTS = (5, 30)  # seconds to connect, and to read
UNREACHABLE = "OCI cannot be reached, to {doing}: check the region ({region}), the network and the proxy, and run it again."


class Connection:
    """The SDK's clients of one region, made when they are needed."""

    def __init__(self, identity: Identity, region: str, endpoint: str | None, output: Output) -> None:
        self.region, self._output = region, output
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

    def ask(self, doing: str, call: Callable[..., Any], *positional: Any, **keywords: Any) -> Any:
        """Return the SDK's response, or raise Refusal, which says what OCI was asked to do."""
        try:
            return call(*positional, **keywords)
        except oci.exceptions.ServiceError as e:
            raise Refusal(doing, e, self._output.redact) from e
        except (oci.exceptions.RequestException, oci.exceptions.ConnectTimeout) as e:
            raise CommandError(UNREACHABLE.format(doing=doing, region=self.region)) from e

    def ask_all(self, doing: str, call: Callable[..., Any], *positional: Any, **keywords: Any) -> list[Any]:
        """Return the items of all pages. The SDK's own pagination has a retry strategy of its own, of ten minutes."""
        reply = self.ask(doing, call, *positional, **keywords)
        items = list(reply.data)
        while reply.has_next_page:
            reply = self.ask(doing, call, *positional, **keywords, page=reply.next_page)
            items += reply.data
        return items


def _retry_strategy(output: Output) -> Any:
    """Return the SDK's strategy with backoff and jitter, for at most a minute and told; its default would retry for ten."""
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
