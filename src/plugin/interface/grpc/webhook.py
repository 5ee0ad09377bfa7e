"""spaceone.api.monitoring.plugin.Webhook."""

from __future__ import annotations

import os

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from spaceone.api.monitoring.plugin import webhook_pb2, webhook_pb2_grpc
from spaceone.core.pygrpc import BaseAPI

from plugin import option
from plugin.interface.grpc import struct
from plugin.interface.grpc.boundary import named_errors
from plugin.service.webhook_service import WebhookService


class Webhook(BaseAPI, webhook_pb2_grpc.WebhookServicer):
    """The Webhook service over gRPC."""

    pb2 = webhook_pb2
    pb2_grpc = webhook_pb2_grpc

    def __init__(self) -> None:
        super().__init__()
        self._service = WebhookService(option.from_environment(os.environ))

    @named_errors
    def init(self, request: webhook_pb2.WebhookInitRequest, context: grpc.ServicerContext) -> webhook_pb2.WebhookPluginInfo:
        reply = self._service.init({"options": struct.to_dict(request.options)})
        return ParseDict(reply, webhook_pb2.WebhookPluginInfo())

    @named_errors
    def verify(self, request: webhook_pb2.WebhookPluginVerifyRequest, context: grpc.ServicerContext) -> Empty:
        self._service.verify({"options": struct.to_dict(request.options)})
        return Empty()
