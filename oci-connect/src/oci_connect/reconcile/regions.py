"""The alarms of all regions of a command line, as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oci_connect.reconcile.alarms import UNANSWERED, AlarmReader, Alarms
from oci_connect.reconcile.state import UNKNOWN, Condition

OTHER_REGION = "the alarm is of a region that was not looked at"
SHORT_NAMES = {"phx": "us-phoenix-1", "iad": "us-ashburn-1", "fra": "eu-frankfurt-1", "lhr": "uk-london-1"}  # of old OCIDs


class Regions:
    """Reads each region by its reader."""

    def __init__(self, readers: Sequence[tuple[str, AlarmReader]]) -> None:
        self._readers = dict(readers)
        self._told: dict[str, Alarms] = {}

    def read(self) -> Alarms:
        """Return the conditions of all regions; `now` is the oldest of their clocks."""
        self._told = {region: reader.read() for region, reader in self._readers.items()}
        whole = Alarms()
        for told in self._told.values():
            whole.conditions |= told.conditions
            whole.destinations |= told.destinations
            whole.unanswered += told.unanswered
        whole.now = min((told.now for told in self._told.values() if told.now), default=None)
        return whole

    def look(self, alarm: str) -> Condition:
        """Return the condition of an alarm that is in no list; UNKNOWN if the lists were empty or partial."""
        region = region_of(alarm)
        if region not in self._readers:
            return Condition(UNKNOWN, reason=OTHER_REGION)
        told = self._told.get(region, Alarms())
        if told.unanswered or not told.conditions:
            return Condition(UNKNOWN, reason=UNANSWERED)
        return self._readers[region].look(alarm)

    @property
    def requests(self) -> int:
        """How many requests were sent to OCI."""
        return sum(reader.requests for reader in self._readers.values())


def region_of(ocid: str) -> str:
    """Return the region that an OCID names, by its key or its name, or nothing."""
    part = ocid.split(".")[3] if ocid.count(".") >= 4 else ""
    return SHORT_NAMES.get(part, part)


def concerned_by(topics: set[str]) -> Callable[[Alarms, str], bool]:
    """Return a predicate: whether an alarm notifies one of the topics of its region (True if unknown)."""

    def concerns(alarms: Alarms, alarm: str) -> bool:
        destinations = set(alarms.destinations.get(alarm, ()))
        here = {topic for topic in topics if region_of(topic) == region_of(alarm)}
        return not here or not destinations or bool(here & destinations)

    return concerns
