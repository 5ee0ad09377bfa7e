"""Make the messages that may follow a message (repeat, recovery …), and run the plugin on them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.error import ERROR_ONS
from plugin.model.event import EventType, Severity, iso8601
from plugin.ons.message import MESSAGE_ID_HEADER, TIMESTAMP_HEADER, Message
from plugin.ons.recognise import recognise
from plugin.setting.option import Signature
from preview.answer import Answer, Plugin
from preview.message import arrived
from preview.spaceone import Alerts, Effect

Body = dict[str, Any]
Step = Callable[[Body], Iterator[Body]]  # yields candidates for the next message

PAUSE = timedelta(minutes=5)  # between messages
THIS, REPEAT, AGAIN, RISES, RECOVERY, LATE = "this", "repeat", "again", "rises", "recovery", "late"
PAIR_WORDS = (  # in the types and names of OCI events: what begins, and what may say that it is over
    ("Begin", "End"),
    ("begin", "end"),
    ("BEGIN", "END"),
    ("statefailed", "stateactive"),
    ("stateneedsattention", "stateactive"),
    ("unhealthy", "healthy"),
    ("unavailable", "healthy"),
)
OVER_STATES = ("CONNECTED", "ACTIVE")  # lifecycleState
CLEARED = "_CLEARED"  # at the end of an event's name


@dataclass(frozen=True)
class Sequel:
    """One message of a sequence, with the plugin's answer and an effect in SpaceONE for each event."""

    name: str
    data: Mapping[str, Any]
    answer: Answer
    effects: tuple[Effect, ...]


async def sequels(data: Mapping[str, Any], options: Mapping[str, Any], now: datetime) -> list[Sequel]:
    """Return a message and those that follow with their effects, or nothing if it opens no alert."""
    try:
        message = recognise(data)
    except ERROR_ONS:
        return []
    unsigned = {**options, "signature": Signature.IGNORE.value}  # generated messages have no signature
    scenario = _Scenario(message if isinstance(message, Message) else None, unsigned, now)
    await scenario.send(THIS, data)
    if Effect.OPENS not in scenario.sequels[0].effects:
        return []
    for name, step in STEPS.get(scenario.kind, {}).items():
        await scenario.follow(name, step)
    await scenario.send(LATE, data)
    return scenario.sequels


class _Scenario:
    """A sequence of messages to the plugin, and their alerts."""

    def __init__(self, message: Message | None, options: Mapping[str, Any], now: datetime) -> None:
        self.sequels: list[Sequel] = []
        self.kind = message.kind.name if message else ""
        self._message, self._options = message, options
        self._plugin, self._alerts = Plugin(options, now), Alerts()

    async def send(self, name: str, data: Mapping[str, Any]) -> None:
        """Send a message, and record the result."""
        answer = await self._plugin.answer(data)
        self.sequels.append(Sequel(name, data, answer, tuple(map(self._alerts.take, answer.events))))

    async def follow(self, name: str, step: Step) -> None:
        """Send another message; a recovery only if it closes an open alert."""
        if self._message is None:
            return
        self._plugin.now += PAUSE
        for body in step(copy.deepcopy(dict(self._message.fields.body))):
            data = arrived(_wrap(self._message, body, self._plugin.now, number=len(self.sequels) + 1))
            if name != RECOVERY or await self._closes(data):
                await self.send(name, data)
                return

    async def _closes(self, data: Mapping[str, Any]) -> bool:
        answer = await Plugin(self._options, self._plugin.now).answer(data)  # with an empty memory
        return any(
            event["event_type"] == EventType.RECOVERY.value and self._alerts.is_open(event["event_key"])
            for event in answer.events
        )


def _with(**changes: Any) -> Step:
    def step(body: Body) -> Iterator[Body]:
        yield body | changes

    return step


def _repeat_alarm(body: Body) -> Iterator[Body]:
    yield body | {"type": "REPEAT"}


def _raise_severity(body: Body) -> Iterator[Body]:
    """An alarm of two rules fires with a higher severity."""
    highest = Severity.CRITICAL.value
    if str(body.get("severity", "")).upper() != highest:
        yield _alarm(body, "FIRING", severity=highest) | {"type": "REPEAT", "severity": highest}


def _recover_alarm(body: Body) -> Iterator[Body]:
    yield _alarm(body, "OK") | {"type": "FIRING_TO_OK"}


def _alarm(body: Body, status: str, **changes: str) -> Body:
    metas = body.get("alarmMetaData")
    if isinstance(metas, list):
        changed = [{**meta, "status": status, **changes} if isinstance(meta, dict) else meta for meta in metas]
        return body | {"alarmMetaData": changed}
    return body


def _end_pair(body: Body) -> Iterator[Body]:
    """Yield candidates for the end of an OCI event."""
    text = json.dumps(body)
    kind, data = str(body.get("eventType", "")), body.get("data")
    for begins, over in PAIR_WORDS:
        if begins in kind.lower():
            yield body | {"eventType": kind.lower().replace(begins, over)}
        if f'{begins}"' in text:
            yield json.loads(text.replace(f'{begins}"', f'{over}"'))
    if not isinstance(data, dict):
        return
    details = data.get("additionalDetails")
    for place in filter(None, ("data", "additionalDetails" if isinstance(details, dict) else "")):
        inner = data if place == "data" else data["additionalDetails"]
        changes = [{"lifecycleState": state} for state in OVER_STATES] + [{"eventName": f"{inner.get('eventName')}{CLEARED}"}]
        for change in changes:
            yield body | {"data": {**data, **change} if place == "data" else {**data, "additionalDetails": {**inner, **change}}}


STEPS: Mapping[str, Mapping[str, Step]] = {  # kind -> what may follow
    "alarm": {REPEAT: _repeat_alarm, RISES: _raise_severity, RECOVERY: _recover_alarm},
    "alarm_specification": {AGAIN: _with(), RECOVERY: _with(status="OK")},
    "cloud_guard": {AGAIN: _with(), RECOVERY: _with(eventType="com.oraclecloud.cloudguard.problemremediated")},
    "budget": {AGAIN: _with(), RECOVERY: _with(eventType="com.oraclecloud.budgets.resettriggeredalert")},
    "oci_event": {AGAIN: _with(), RECOVERY: _end_pair},
    "log_record": {AGAIN: _with()},
    "announcement": {AGAIN: _with()},
    "notice": {AGAIN: _with(), RECOVERY: _with(status="RESOLVED")},
}


def _wrap(message: Message, body: Body, at: datetime, *, number: int) -> Body:
    """Return a message with this body, time and a new id, wrapped like the first."""
    content = _renew(body, {"timestamp": iso8601(at), "eventTime": iso8601(at)}, ("eventID",), number)
    if "timestampEpochMillis" in content:
        content["timestampEpochMillis"] = int(at.timestamp() * 1000)
    if message.envelope:
        envelope = _renew(dict(message.envelope), {"timestamp": iso8601(at)}, ("messageId",), number)
        content = {**envelope, "message": json.dumps(content)}
    if message.headers:
        headers = _renew(dict(message.headers), {TIMESTAMP_HEADER: iso8601(at)}, (MESSAGE_ID_HEADER,), number)
        return {"headers": headers, "text": json.dumps(content)}
    return content


def _renew(body: Body, times: Mapping[str, str], ids: tuple[str, ...], number: int) -> Body:
    """Return an object with its times and ids replaced."""
    renewed = {name: f"{body[name]}-{number}" for name in ids if isinstance(body.get(name), str)}
    return body | {name: time for name, time in times.items() if name in body} | renewed
