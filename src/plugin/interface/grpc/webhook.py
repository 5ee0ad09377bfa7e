"""spaceone.api.monitoring.plugin.Webhook."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from spaceone.api.monitoring.plugin import webhook_pb2

from plugin.interface.grpc import struct
from plugin.interface.grpc.boundary import Context, decode
from plugin.service.webhook_service import WebhookService


class Webhook:
    """The Webhook service over gRPC: bytes in, bytes out."""

    DESCRIPTOR = webhook_pb2.DESCRIPTOR.services_by_name["Webhook"]

    def __init__(self, service: WebhookService) -> None:
        self._service = service

    async def init(self, request: bytes, context: Context) -> bytes:
        """Return a WebhookPluginInfo for a WebhookInitRequest."""
        message = decode(webhook_pb2.WebhookInitRequest, request)
        metadata = self._service.init(struct.to_dict(message.options))
        return ParseDict({"metadata": metadata}, webhook_pb2.WebhookPluginInfo()).SerializeToString()

    async def verify(self, request: bytes, context: Context) -> bytes:
        """Return an Empty for a WebhookPluginVerifyRequest; raise ERROR_OPTION."""
        message = decode(webhook_pb2.WebhookPluginVerifyRequest, request)
        self._service.verify(struct.to_dict(message.options))
        return Empty().SerializeToString()
