"""A log record of OCI Logging, handed on to the topic by Connector Hub.

https://docs.oracle.com/en-us/iaas/Content/Logging/Reference/log_format.htm
"""

from __future__ import annotations

import json
import re

from plugin.model.event import Event, EventType
from plugin.ons import read
from plugin.ons.identifiers import digest, tenancy
from plugin.ons.kind import words
from plugin.ons.message import Kind, Message
from plugin.ons.phrases import PHRASES
from plugin.ons.read import Reader
from plugin.ons.text import described, labelled, titled
from plugin.setting.option import Options

CLOUD_EVENTS_KEYS = {"specversion", "id", "source", "type", "data"}  # CloudEvents 1.0, as OCI Logging writes it
MESSAGES = ("message", "msg", "eventName", "action")  # of `data`, the most telling first
SECRETS = {"credentials", "consoleSessionId", "headers"}  # of an audit record's identity and request
_DIGITS = re.compile(r"\d+")


def transform(message: Message, options: Options) -> Event:
    """Return the event of a log record: always an ALERT, for nothing says when it would be over.

    The same line again, whatever numbers are in it, has the same key, and so joins the alert that is open.
    """
    phrases = PHRASES[options.language]
    wrapped = isinstance(message.fields.body.get("logContent"), dict)
    record = message.fields.object("logContent") if wrapped else message.fields
    data = record.body.get("data")
    fields = record.object("data") if isinstance(data, dict) else Reader({})
    source, log_type = record.text("source"), record.text("type")
    text = fields.text(*MESSAGES) or _compact(data) or log_type or phrases.log_record
    oracle = record.object("oracle")
    level = fields.text("severity", "level") or message.fields.text("severity")
    return Event(
        event_key=digest(source, log_type, _DIGITS.sub("", text)),
        event_type=EventType.ALERT,
        title=titled(f"{phrases.log}: {text.partition(chr(10))[0]}", [source] if source else []),
        description=described(
            phrases, [text], [labelled(f"- {phrases.source}", source), labelled(f"- {phrases.type}", log_type)]
        ),
        severity=words.severity(level),
        rule=log_type,
        account=tenancy({"tenancyId": oracle.text("tenantid")}),
        occurred_at=record.time("time"),
        additional_info={
            "compartment_id": oracle.text("compartmentid"),
            "log_id": oracle.text("logid"),
            "log_group_id": oracle.text("loggroupid"),
            "record_id": record.text("id"),
            "source": source,
            "subject": record.text("subject"),
            "log_type": log_type,
            "level": level,
        },
    )


def _compact(data: object) -> str:
    """Return what a record holds, text or one line of JSON, for want of a message."""
    if isinstance(data, str):
        return read.clean(data)
    return read.clean(json.dumps(_without_secrets(data), ensure_ascii=False, sort_keys=True)) if data else ""


def _without_secrets(data: object) -> object:
    if isinstance(data, dict):
        return {key: _without_secrets(value) for key, value in data.items() if key not in SECRETS}
    return [_without_secrets(item) for item in data] if isinstance(data, list) else data


KIND = Kind(
    "log_record",
    fits=lambda body: isinstance(body.get("logContent"), dict) or body.keys() >= CLOUD_EVENTS_KEYS,
    transform=transform,
)
