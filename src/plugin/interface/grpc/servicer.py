"""The two services of spaceone.api.monitoring.plugin over gRPC: bytes in, bytes out."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from spaceone.api.monitoring.plugin import event_pb2, webhook_pb2

from plugin.interface.grpc import struct
from plugin.interface.grpc.boundary import Context, decode, is_heavy
from plugin.manager.worker import Worker
from plugin.model.event import Event as EventModel
from plugin.model.event import Ignored
from plugin.service.event_service import EventService
from plugin.service.webhook_service import WebhookService

STRUCTS = ("resource", "additional_info")
OUTCOME_KEY = "x-ons-outcome"  # trailing metadata of an empty reply: the reasons, or CONFIRMED
CONFIRMED = "confirmed"


class Event:
    """The Event service."""

    DESCRIPTOR = event_pb2.DESCRIPTOR.services_by_name["Event"]

    def __init__(self, service: EventService, worker: Worker) -> None:
        self._service = service
        self._worker = worker

    async def parse(self, request: bytes, context: Context) -> bytes:
        """Return an EventsInfo for a ParseRequest; raise ERROR_ONS."""
        heavy = is_heavy(request)
        with self._worker.admit(len(request)) if heavy else nullcontext():
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


class Webhook:
    """The Webhook service."""

    DESCRIPTOR = webhook_pb2.DESCRIPTOR.services_by_name["Webhook"]

    def __init__(self, service: WebhookService, worker: Worker) -> None:
        self._service = service
        self._worker = worker

    async def init(self, request: bytes, context: Context) -> bytes:
        """Return a WebhookPluginInfo for a WebhookInitRequest."""
        return await self._worker.run(is_heavy(request), self._init, request)

    async def verify(self, request: bytes, context: Context) -> bytes:
        """Return an Empty for a WebhookPluginVerifyRequest; raise ERROR_OPTION."""
        return await self._worker.run(is_heavy(request), self._verify, request)

    def _init(self, request: bytes) -> bytes:
        message = decode(webhook_pb2.WebhookInitRequest, request)
        metadata = self._service.init(struct.to_dict(message.options))
        return ParseDict({"metadata": metadata}, webhook_pb2.WebhookPluginInfo()).SerializeToString()

    def _verify(self, request: bytes) -> bytes:
        message = decode(webhook_pb2.WebhookPluginVerifyRequest, request)
        self._service.verify(struct.to_dict(message.options))
        return Empty().SerializeToString()


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
