"""spaceone.api.monitoring.plugin.Event."""

from __future__ import annotations

from typing import Any

import grpc
from spaceone.api.monitoring.plugin import event_pb2, event_pb2_grpc

from plugin.interface.grpc import struct
from plugin.model import event as model
from plugin.ons.message import Message
from plugin.ons.recognise import recognise
from plugin.ons.transform import transform
from plugin.service.event_service import EventService
from plugin.setting.option import Options

STRUCTS = ("resource", "additional_info")
WHY_EMPTY = "x-ons-outcome"  # trailing metadata of an empty reply: why messages were ignored, or CONFIRMED
CONFIRMED = "confirmed"


class Event(event_pb2_grpc.EventServicer):
    """The Event service over gRPC."""

    def __init__(self, service: EventService) -> None:
        self._service = service

    @staticmethod
    def check() -> None:
        """Raise unless a message becomes a reply. Health says SERVING only after that."""
        message = recognise({"title": "self-check"})
        if not isinstance(message, Message) or not isinstance(event := transform(message, Options()), model.Event):
            raise RuntimeError("a plain notice becomes no event")
        reply([event.to_dict()]).SerializeToString()

    def parse(self, request: event_pb2.ParseRequest, context: grpc.ServicerContext) -> event_pb2.EventsInfo:
        reading = struct.Reading()
        params = {"options": reading.object(request.options), "data": reading.object(request.data)}
        outcomes = self._service.parse(params)
        if not outcomes["results"]:
            # SpaceONE does not read it. It tells a person at bin/send why the reply is empty.
            context.set_trailing_metadata(((WHY_EMPTY, ",".join(sorted({*outcomes["ignored"]})) or CONFIRMED),))
        return reply(outcomes["results"])


def reply(events: list[dict[str, Any]]) -> event_pb2.EventsInfo:
    """Return events as the protobuf message they are. ParseDict would take ten times as long."""
    message = event_pb2.EventsInfo()
    for event in events:
        scalars = dict(event)
        structs = [(key, scalars.pop(key)) for key in STRUCTS]
        info = message.results.add(**scalars)
        for key, content in structs:
            struct.fill(getattr(info, key), content)
    return message
