"""spaceone.api.monitoring.plugin.Webhook."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from spaceone.api.monitoring.plugin import webhook_pb2

from plugin.interface.grpc import struct
from plugin.interface.grpc.boundary import Context, decode, is_heavy
from plugin.manager.worker import Worker
from plugin.service.webhook_service import WebhookService


class Webhook:
    """The Webhook service over gRPC: bytes in, bytes out."""

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
