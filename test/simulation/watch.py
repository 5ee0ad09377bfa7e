"""Why the sentence cannot hold of an alarm: what the platform's window, a lost memory or a plugin that is away lets happen.

It is known from the deliveries alone, and not from what the plugin makes of them.
"""

from __future__ import annotations

from simulation.messages import UNGUARDED
from simulation.oci import OK, Published
from simulation.scenario import Scenario, Trouble

OUTSIDE = "came later than the window"
FORGOTTEN = "came late, after the memory was lost"
UNGUARDED_KEY = "came late, without a key that the guard may remember"
PLUGIN_AWAY = "came while no plugin answered"


class Watch:
    """Follows the deliveries of a scenario, and notes the causes by key."""

    def __init__(self, scenario: Scenario, causes: dict[str, str]) -> None:
        self._scenario, self._causes = scenario, causes
        self._alert_at: dict[str, int] = {}  # key -> when its last firing was taken
        self._newest: dict[str, tuple[Published, int]] = {}  # and when it was taken
        self._forgotten_until = -1  # what was taken before this second is not remembered
        self._away_until = -1

    def memory_lost(self, trouble: Trouble) -> None:
        """Note that all that is taken before the trouble's end is forgotten, or that nobody is there to take it."""
        until = trouble.second + trouble.seconds
        self._forgotten_until = max(self._forgotten_until, until)
        if trouble.what == "plugin":
            self._away_until = max(self._away_until, until)

    def taken(self, second: int, message: Published) -> None:
        """Note a delivery, and what it may break."""
        key = message.key
        newest, taken_at = self._newest.get(key, (message, second))
        if second < self._away_until:
            self._causes[key] = PLUGIN_AWAY
        alarm = self._scenario.alarms.get(message.source)
        if newest.minute > message.minute and newest.state != message.state:
            if alarm and alarm.sample in UNGUARDED:
                self._causes[key] = UNGUARDED_KEY
            elif taken_at < self._forgotten_until:
                self._causes[key] = FORGOTTEN
            return  # else it is the guard's work
        if newest.state != OK and second - self._alert_at.get(key, second) >= self._scenario.window:
            self._causes[key] = OUTSIDE
        if message.state != OK:
            self._alert_at[key] = second
        if newest.minute <= message.minute:
            self._newest[key] = (message, second)
