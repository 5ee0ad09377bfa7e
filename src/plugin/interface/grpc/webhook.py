"""spaceone.api.monitoring.plugin.Webhook."""

from __future__ import annotations

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from spaceone.api.monitoring.plugin import webhook_pb2, webhook_pb2_grpc

from plugin.interface.grpc import struct
from plugin.service.webhook_service import WebhookService


class Webhook(webhook_pb2_grpc.WebhookServicer):
    """The Webhook service over gRPC."""

    def __init__(self, service: WebhookService) -> None:
        self._service = service

    def init(self, request: webhook_pb2.WebhookInitRequest, context: grpc.ServicerContext) -> webhook_pb2.WebhookPluginInfo:
        reply = self._service.init({"options": struct.to_dict(request.options)})
        return ParseDict(reply, webhook_pb2.WebhookPluginInfo())

    def verify(self, request: webhook_pb2.WebhookPluginVerifyRequest, context: grpc.ServicerContext) -> Empty:
        self._service.verify({"options": struct.to_dict(request.options)})
        return Empty()
