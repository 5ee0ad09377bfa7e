"""SpaceONE as ONS sees it, whether it is served or a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulation.oci import Published
from simulation.scenario import Trouble


@dataclass(frozen=True)
class Alert:
    """An alert of SpaceONE's; `key` is the scenario's key that it is about ("": it is about none)."""

    id: str
    key: str
    severity: str
    state: str  # TRIGGERED, RESOLVED or ERROR
    title: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it asks for somebody's attention."""
        return self.state != "RESOLVED"


@dataclass(frozen=True)
class Reply:
    """What an endpoint answered to a try: a status (0: none), and the alerts that it opened or resolved."""

    status: int
    changed: tuple[Alert, ...] = ()

    @property
    def taken(self) -> bool:
        """Whether ONS is satisfied."""
        return 200 <= self.status < 300


class Target(Protocol):
    """SpaceONE with the plugin, as ONS sees it."""

    def deliver(self, second: int, published: Published) -> Reply:
        """Post a message at a second of the scenario."""

    def suffer(self, trouble: Trouble) -> bool:
        """Let something fail for its time; return whether the plugin's memory is lost by it, and away for that time."""

    def alerts(self) -> list[Alert]:
        """Return all alerts, as SpaceONE has stored them."""

    def notifications(self) -> dict[str, int]:
        """Return for each alert how many times people were told that it opened."""
