"""SpaceONE's real monitoring service in the time of a scenario; it runs in the platform's own environment.

It is test/platform/service.py with a few calls more. Nothing of monitoring is changed: before each message the stored events
are dated as far back as they are old in the scenario. What can make no difference any more is removed, for the sake of speed: an
event that has a newer one of its key, and an alert that is resolved.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "platform"))

import service
from service import Platform


class Timed(Platform):
    """Monitoring whose events are as old as a scenario says."""

    def begin(self, options: dict[str, Any], window: int) -> str:
        """Forget everything; return the URL of a new webhook, in a platform with this DUPLICATE_EVENT_TIME."""
        self.clear()
        self._seconds: dict[Any, int] = {}  # of the newest ALERT of each key: its document, and the scenario's second
        self._by_key: dict[str, Any] = {}
        self._resolved: list[dict[str, str]] = []
        service.config.set_global_force(DUPLICATE_EVENT_TIME=window)
        return self.webhook(options)

    def deliver(self, second: int, body: Any, url: str, headers: dict[str, str]) -> dict[str, Any]:
        """POST a message at a second of the scenario; return the status (0: no answer), and the alerts that it changed."""
        self._date(second)
        before = _now()
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as reply:
                status = reply.status
        except urllib.error.HTTPError as e:
            status = e.code
        except OSError:
            status = 0
        self._keep(second, before)
        return {"status": status, "changed": self._changed(before)}

    def stored_alerts(self) -> list[dict[str, str]]:
        """Return all alerts, as little of them as a scenario needs."""
        return [*self._resolved, *(_written(each) for each in self.model.Alert._get_collection().find({}))]

    def _changed(self, before: dt.datetime) -> list[dict[str, str]]:
        """Return the alerts that were opened or resolved; put aside the resolved ones with their events."""
        alerts, events = self.model.Alert._get_collection(), self.model.Event._get_collection()
        changed = []
        for alert in list(alerts.find({"$or": [{"created_at": {"$gte": before}}, {"state": "RESOLVED"}]})):
            changed.append(_written(alert))
            if alert["state"] == "RESOLVED":
                self._resolved.append(changed[-1])
                for event in list(events.find({"alert_id": alert["alert_id"]})):
                    self._seconds.pop(event["_id"], None)
                    events.delete_one({"_id": event["_id"]})
                alerts.delete_one({"_id": alert["_id"]})
        return changed

    def _date(self, second: int) -> None:
        events, now = self.model.Event._get_collection(), _now()
        for id_, at in self._seconds.items():
            events.update_one({"_id": id_}, {"$set": {"created_at": now - dt.timedelta(seconds=second - at)}})

    def _keep(self, second: int, before: dt.datetime) -> None:
        events = self.model.Event._get_collection()
        for event in list(events.find({"created_at": {"$gte": before}})):
            if event["event_type"] == "RECOVERY":
                events.delete_one({"_id": event["_id"]})
                continue
            older = self._by_key.get(event["event_key"])
            if older != event["_id"]:
                self._by_key[event["event_key"]] = event["_id"]
                self._seconds[event["_id"]] = second
                if older and self._seconds.pop(older, None) is not None:
                    events.delete_one({"_id": older})


def _now() -> dt.datetime:
    """Return the time as MongoDB stores it, without the last three digits."""
    now = dt.datetime.utcnow()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _written(alert: dict[str, Any]) -> dict[str, str]:
    return {"id": alert["alert_id"], "title": alert["title"], "severity": alert["severity"], "state": alert["state"]}


if __name__ == "__main__":
    service.Platform = Timed
    service.main()
