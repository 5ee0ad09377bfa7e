"""spaceone.api.monitoring.plugin.Event."""

from __future__ import annotations

import os
from typing import Any

import grpc
from spaceone.api.monitoring.plugin import event_pb2, event_pb2_grpc
from spaceone.core.pygrpc import BaseAPI

from plugin import metric, option
from plugin.connector import memory
from plugin.interface.grpc import struct
from plugin.interface.grpc.boundary import named_errors
from plugin.model.event import Silent
from plugin.ons.message import recognise
from plugin.ons.transform import transform
from plugin.option import Options
from plugin.service.event_service import EventService

STRUCTS = ("resource", "additional_info")


class Event(BaseAPI, event_pb2_grpc.EventServicer):
    """The Event service over gRPC."""

    pb2 = event_pb2
    pb2_grpc = event_pb2_grpc

    def __init__(self) -> None:
        super().__init__()
        self._service = EventService(option.from_environment(os.environ), memory.from_environment(os.environ))

    @staticmethod
    def check() -> None:
        """Raise unless a message becomes a reply. Health says SERVING only after that."""
        outcome = transform(recognise({"title": "self-check"}), Options())
        if isinstance(outcome, Silent) or not _reply([outcome.to_dict()]).results:
            raise RuntimeError("a plain notice becomes no event")

    @named_errors
    def parse(self, request: event_pb2.ParseRequest, context: grpc.ServicerContext) -> event_pb2.EventsInfo:
        with metric.PARSE.time():
            params = {"options": struct.to_dict(request.options), "data": struct.to_dict(request.data)}
            return _reply(self._service.parse(params)["results"])


def _reply(events: list[dict[str, Any]]) -> event_pb2.EventsInfo:
    """Write events as the message they are: directly, for ParseDict takes ten times as long."""
    reply = event_pb2.EventsInfo()
    for event in events:
        plain = dict(event)
        structs = [(key, plain.pop(key)) for key in STRUCTS]
        info = reply.results.add(**plain)
        for key, content in structs:
            struct.fill(getattr(info, key), content)
    return reply
