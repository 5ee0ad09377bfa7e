"""spaceone.api.monitoring.plugin.Event."""

from __future__ import annotations

from functools import partial
from typing import Any

from spaceone.api.monitoring.plugin import event_pb2

from plugin.interface.grpc import struct
from plugin.interface.grpc.boundary import Context, decode, is_heavy
from plugin.manager.worker import Worker
from plugin.model.event import Event as EventModel
from plugin.model.event import Ignored
from plugin.service.event_service import EventService

STRUCTS = ("resource", "additional_info")
OUTCOME_KEY = "x-ons-outcome"  # trailing metadata of an empty reply: the reasons, or CONFIRMED
CONFIRMED = "confirmed"


class Event:
    """The Event service over gRPC: bytes in, bytes out."""

    DESCRIPTOR = event_pb2.DESCRIPTOR.services_by_name["Event"]

    def __init__(self, service: EventService, worker: Worker) -> None:
        self._service = service
        self._worker = worker

    async def parse(self, request: bytes, context: Context) -> bytes:
        """Return an EventsInfo for a ParseRequest; raise ERROR_ONS."""
        if not is_heavy(request):
            return await self._parse(request, context, heavy=False)
        with self._worker.admit(len(request)):
            return await self._parse(request, context, heavy=True)

    async def _parse(self, request: bytes, context: Context, *, heavy: bool) -> bytes:
        options, data = await self._worker.run(heavy, _read, request)
        outcomes = await self._service.parse(options, data, heavy=heavy)
        events = [outcome for outcome in outcomes if isinstance(outcome, EventModel)]
        if not events:
            # For bin/send: SpaceONE does not read it.
            reasons = sorted({outcome.reason.value for outcome in outcomes if isinstance(outcome, Ignored)})
            context.set_trailing_metadata(((OUTCOME_KEY, ",".join(reasons) or CONFIRMED),))
        reply = event_pb2.EventsInfo()
        await self._worker.each(partial(add, reply), events)
        return reply.SerializeToString()


def add(reply: event_pb2.EventsInfo, event: EventModel) -> None:
    """Write an event into a reply. ParseDict would take ten times as long."""
    scalars = event.to_dict()
    structs = [(key, scalars.pop(key)) for key in STRUCTS]
    info = reply.results.add(**scalars)
    for key, content in structs:
        struct.fill(getattr(info, key), content)


def _read(request: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    message = decode(event_pb2.ParseRequest, request)
    reader = struct.StructReader()
    return reader.object(message.options), reader.object(message.data)
