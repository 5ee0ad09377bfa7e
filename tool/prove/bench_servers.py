"""The servers that plugin and relay are measured with, each on the port it is given; all but `rest` answer parse.

bytes    a bare gRPC server that reads and answers bytes: the limit of gRPC in Python
message  the same, but the request is decoded and a ready EventsInfo encoded
rest     accepts a relay's messages, like SpaceONE's REST API
stock    a plugin on spaceone-core's own service path, whose parse returns a constant event
"""

from __future__ import annotations

import sys
from concurrent import futures
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from spaceone.api.monitoring.plugin import event_pb2, event_pb2_grpc, webhook_pb2, webhook_pb2_grpc

PARSE = "/spaceone.api.monitoring.plugin.Event/parse"
INIT = "/spaceone.api.monitoring.plugin.Webhook/init"
EVENT = {
    "event_key": "6b28ce05-7021-4407-b9c0-c5d7896b7361",
    "event_type": "ALERT",
    "title": "Notifications (SALES)",
    "description": "outside 1-10 Alram\n- SALES: DatabaseAvailability = 0.00",
    "severity": "CRITICAL",
    "resource": {"resource_id": "OCID1.ADB", "name": "SALES", "resource_type": "inventory.CloudService"},
    "rule": "DatabaseAvailability[5m].rate() not in (1, 10)",
    "additional_info": {f"key_{i}": "a value of some length" for i in range(16)},
    "provider": "oci",
    "occurred_at": "2025-10-27T11:05:00.000Z",
}


def echo(port: int, threads: int, *, decode: bool) -> None:
    """Serve bytes, or message if the requests are to be decoded."""
    reply = ParseDict({"results": [EVENT]}, event_pb2.EventsInfo())
    ready = reply.SerializeToString()
    parse = grpc.unary_unary_rpc_method_handler(lambda request, context: ready)
    if decode:
        parse = grpc.unary_unary_rpc_method_handler(
            lambda request, context: reply, event_pb2.ParseRequest.FromString, event_pb2.EventsInfo.SerializeToString
        )
    init = grpc.unary_unary_rpc_method_handler(lambda request, context: webhook_pb2.WebhookPluginInfo().SerializeToString())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=threads))
    for method, handler in ((PARSE, parse), (INIT, init)):
        _, service, name = method.split("/")
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {name: handler}),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def rest(port: int) -> None:
    """Answer each request with 200."""
    import uvicorn
    from starlette.responses import Response

    uvicorn.run(Response(), host="127.0.0.1", port=port, log_level="critical")


def stock(port: int) -> None:
    """Serve a plugin on the framework's own server, services, transactions, spans and request log."""
    from spaceone.core import config
    from spaceone.core.command import cli  # noqa: F401 - what `spaceone run` imports
    from spaceone.core.logger import set_logger
    from spaceone.core.opentelemetry import set_tracer
    from spaceone.core.pygrpc import BaseAPI
    from spaceone.core.pygrpc.server import GRPCServer, add_extension_services
    from spaceone.core.service import BaseService, transaction

    class EventService(BaseService):
        resource = "Event"

        @transaction
        def parse(self, params: dict[str, Any]) -> dict[str, Any]:
            return {"results": [EVENT]}

    class WebhookService(BaseService):
        resource = "Webhook"

        @transaction
        def init(self, params: dict[str, Any]) -> dict[str, Any]:
            return {"metadata": {}}

    class Event(BaseAPI, event_pb2_grpc.EventServicer):
        pb2, pb2_grpc = event_pb2, event_pb2_grpc

        def parse(self, request: Any, context: Any) -> Any:
            params, metadata = self.parse_request(request, context)
            return self.dict_to_message(EventService(metadata).parse(params))

    class Webhook(BaseAPI, webhook_pb2_grpc.WebhookServicer):
        pb2, pb2_grpc = webhook_pb2, webhook_pb2_grpc

        def init(self, request: Any, context: Any) -> Any:
            params, metadata = self.parse_request(request, context)
            return self.dict_to_message(WebhookService(metadata).init(params))

    config.init_conf(package="stock", port=port)
    set_logger()
    set_tracer()
    server = GRPCServer()
    for servicer in (Event, Webhook):
        server.add_service(servicer)
    add_extension_services(server)
    server.run()


if __name__ == "__main__":
    kind, port_text, *echo_threads = sys.argv[1:]
    if kind in ("rest", "stock"):
        {"rest": rest, "stock": stock}[kind](int(port_text))
    else:
        echo(int(port_text), int(echo_threads[0]), decode=kind == "message")
