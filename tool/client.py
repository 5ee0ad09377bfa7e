"""A gRPC client of the plugin: calls it as SpaceONE's monitoring service does."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct
from grpc_health.v1 import health_pb2, health_pb2_grpc
from spaceone.api.monitoring.plugin import event_pb2, event_pb2_grpc, webhook_pb2, webhook_pb2_grpc

TIMEOUT = 30.0  # seconds; the platform waits longer
MAX_FILE_BYTES = 1 << 20
TOO_LARGE = "this is larger than the 1 MiB that the plugin takes; a message of ONS has at most 64 KB"
TOO_DEEP = "nested more deeply than protobuf allows"
OUTCOME_KEY = "x-ons-outcome"  # the plugin's trailing metadata of an empty reply


@dataclass(frozen=True)
class Answer:
    """The answer of Event.parse: events, or why there are none."""

    events: list[dict[str, Any]]
    why_empty: str


class Client:
    """Call a served plugin; a refusal is a grpc.RpcError."""

    def __init__(self, target: str) -> None:
        self.channel = grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)])
        self._webhook = webhook_pb2_grpc.WebhookStub(self.channel)
        self._event = event_pb2_grpc.EventStub(self.channel)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.channel.close()

    def init(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return what Webhook.init answers."""
        request = webhook_pb2.WebhookInitRequest(options=as_struct(options))
        return MessageToDict(self._webhook.init(request, timeout=TIMEOUT), preserving_proto_field_name=True)

    def verify(self, options: Mapping[str, Any]) -> None:
        """Return nothing if Webhook.verify accepts the options."""
        self._webhook.verify(webhook_pb2.WebhookPluginVerifyRequest(options=as_struct(options)), timeout=TIMEOUT)

    def parse(self, data: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the events that Event.parse answers."""
        return self.answer(data, options or {}).events

    def answer(self, data: Mapping[str, Any], options: Mapping[str, Any]) -> Answer:
        """Return the events that Event.parse answers, and why there are none."""
        request = event_pb2.ParseRequest(options=as_struct(options), data=as_struct(data))
        reply, call = self._event.parse.with_call(request, timeout=TIMEOUT)
        events = MessageToDict(reply, preserving_proto_field_name=True).get("results", [])
        return Answer(events, dict(call.trailing_metadata()).get(OUTCOME_KEY, ""))

    def health(self, service: str = "") -> str:
        """Return the status that the plugin's health check answers: SERVING, NOT_SERVING or another."""
        reply = health_pb2_grpc.HealthStub(self.channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=TIMEOUT)
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))

    def serving(self, service: str = "") -> bool:
        """Return whether the plugin's health check answers SERVING."""
        try:
            return self.health(service) == "SERVING"
        except grpc.RpcError:
            return False

    def wait(self, seconds: float = 30.0) -> bool:
        """Wait until the plugin serves, and return whether it does."""
        end = time.monotonic() + seconds
        while not (serving := self.serving()) and time.monotonic() < end:
            time.sleep(0.05)
        return serving


def read_message(file: str) -> dict[str, Any]:
    """Return the JSON object in a file, or of standard input for "-"; raise OSError, or ValueError with a sentence."""
    with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
        return json_object(stream.read(MAX_FILE_BYTES + 1))


def json_object(content: str | bytes) -> dict[str, Any]:
    """Return the object in a JSON text or its bytes; raise ValueError with a sentence."""
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(TOO_LARGE)
    try:
        found = json.loads(content)
    except json.JSONDecodeError as e:
        raise ValueError(f"this is not JSON: {e}") from e
    except UnicodeDecodeError as e:
        raise ValueError("this is no text in UTF-8: save it in this encoding") from e
    except RecursionError as e:
        raise ValueError(TOO_DEEP) from e
    if not isinstance(found, dict):
        raise ValueError('a JSON object is expected, in braces: {"name": "value"}')
    return found


def as_struct(content: Mapping[str, Any]) -> Struct:
    """Return the Struct of an object; raise ValueError if protobuf cannot encode it."""
    struct = Struct()
    try:
        struct.update(content)
    except (DecodeError, RecursionError) as e:
        raise ValueError(TOO_DEEP) from e
    except UnicodeEncodeError as e:
        raise ValueError("a text in it has half a character, which Unicode does not allow") from e
    except OverflowError as e:
        raise ValueError("a number in it is larger than protobuf allows") from e
    return struct
