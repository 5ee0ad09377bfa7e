"""The clients of the soak test, and the tally of their answers."""

from __future__ import annotations

import collections
import itertools
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from spaceone.api.monitoring.plugin import event_pb2, event_pb2_grpc

from client import as_struct
from corpus.cases import CASES, load_message
from corpus.signing import CERTIFICATE_URL, flat, signed
from corpus.spoil import replace_one
from standin.oracle import CONFIRMATION_URL

CLIENTS = 32
CANCELLED_SHARE = 0.02  # of the calls
COMPRESSED_SHARE = 0.02  # of the calls: the plugin refuses them
BATCH = {"type": "Notification", "message": json.dumps([{"title": f"record {i}"} for i in range(400)])}
TENANTS: tuple[dict[str, Any], ...] = ({}, {"account": "another tenant"})
TIMEOUT = 20.0  # seconds of a call
# gRPC's client-side health checking: the client leaves a plugin that says NOT_SERVING.
ROUND_ROBIN = """{
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "spaceone.api.monitoring.plugin.Event"}
}"""


@dataclass
class Tally:
    """The number of each answer, the seconds of answers to alarms, and the reasons of lost calls."""

    answers: collections.Counter[str] = field(default_factory=collections.Counter)
    times: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, answer: str, seconds: float) -> None:
        """Count an answer to a message of a kind."""
        with self._lock:
            self.answers[f"{kind}: {answer}"] += 1
            if kind in ("alarm", "spoiled") and answer in ("events", "no event"):
                self.times.append(seconds)

    def lose(self, kind: str, why: str) -> None:
        """Count a lost call."""
        with self._lock:
            self.lost.append(f"{kind}: {why}")


@contextmanager
def clients(targets: str, tally: Tally, end: float) -> Iterator[None]:
    """Let 32 clients send to the targets (HOST:PORT,HOST:PORT) until `end`, a time.monotonic()."""
    options = [("grpc.service_config", ROUND_ROBIN), ("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 500)]
    channels = [grpc.insecure_channel(f"ipv4:{targets}", options=[*options, ("grpc.channel_id", i)]) for i in range(CLIENTS)]
    threads = [threading.Thread(target=_send, args=(channel, tally, end, i)) for i, channel in enumerate(channels)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(TIMEOUT + 10)
        for channel in channels:
            channel.close()


def _send(channel: grpc.Channel, tally: Tally, end: float, seed: int) -> None:
    """Send messages until the end."""
    chance, parse = random.Random(seed), event_pb2_grpc.EventStub(channel).parse
    for number in itertools.count():
        if time.monotonic() > end:
            return
        kind, body, options = _message(chance, number)
        try:
            request = event_pb2.ParseRequest(data=as_struct(body), options=as_struct(options))
        except (ValueError, TypeError, DecodeError):
            continue  # protobuf itself refuses it
        begun = time.monotonic()
        compression = grpc.Compression.Gzip if chance.random() < COMPRESSED_SHARE else grpc.Compression.NoCompression
        call = parse.future(request, timeout=TIMEOUT, compression=compression)
        if chance.random() < CANCELLED_SHARE:
            time.sleep(chance.random() / 100)
            call.cancel()
            tally.add(kind, "cancelled by the client", 0)
            continue
        try:
            events = call.result().results
            tally.add(kind, "events" if events else "no event", time.monotonic() - begun)
        except grpc.RpcError as e:
            code, _, _ = (e.details() or "").partition(":")
            if compression is grpc.Compression.Gzip and e.code() is grpc.StatusCode.UNIMPLEMENTED:
                tally.add(kind, "compressed, refused", time.monotonic() - begun)
            elif code.startswith("ERROR_") and code != "ERROR_DEFECT":
                tally.add(kind, code, time.monotonic() - begun)
            else:
                tally.lose(kind, f"{e.code().name} {e.details()}")


def _message(chance: random.Random, number: int) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return a kind, a message and options."""
    draw = chance.random()
    if draw < 0.02:
        return "confirmation", {"ConfirmationURL": CONFIRMATION_URL}, {}
    if draw < 0.15:
        url = CERTIFICATE_URL.replace("signing", f"signing-{number % 3}")
        return "signed", signed(flat()) | {"signingCertURL": url}, {"signature": "verify"}
    if draw < 0.17:
        return "batch", BATCH, {}
    body, tenant = load_message(chance.choice(CASES)), chance.choice(TENANTS)
    if draw < 0.5:
        replace_one(body, chance.choice)
        return "spoiled", body, tenant
    return "alarm", body | ({"dedupeKey": f"k{number % 1000}"} if "dedupeKey" in body else {}), tenant
