"""Hostile requests over real gRPC: each answered or refused at once, at little cost in memory, and alarms go on."""

import json
import time
from pathlib import Path

import grpc
import pytest
from spaceone.api.monitoring.plugin import event_pb2

from client import Client, as_struct
from corpus.cases import FIXTURES, load
from plugin.connector.ons_connector import MAX_FETCHES_PER_OWNER
from plugin_process import serve
from standin.oracle import CONFIRMATION_URL, hanging, oracle
from wire import field

FIRING = load(FIXTURES / "alarm/firing_compute.json")
META = FIRING["alarmMetaData"][0]
PARSE = "/spaceone.api.monitoring.plugin.Event/parse"
MEBIBYTE = 1024 * 1024


def text_field(key, value):
    """Return the protobuf of ParseRequest(data={key: value}) for bytes that need be no UTF-8."""
    return field(2, field(1, field(1, key) + field(2, field(3, value))))


def levels(depth):
    body = {"title": "deep"}
    for _ in range(depth):
        body = {"a": body, "b": [body]} if depth < 5 else {"a": body}
    return body


HOSTILE = {
    "almost 4 MiB of text": {"title": "t", "body": "x" * (4 * MEBIBYTE - 200)},
    "almost 4 MiB of one dimension": FIRING | {"alarmMetaData": [META | {"dimensions": [{"d": "y" * (3 * MEBIBYTE)}]}]},
    "10,000 keys": {"title": "t"} | {f"key{i}": i for i in range(10_000)},
    "10,000 dimensions": FIRING | {"alarmMetaData": [META | {"dimensions": [{f"d{i}": "v" for i in range(10_000)}]}]},
    "90 levels as text": {"type": "Notification", "message": json.dumps(levels(90))},
    "100,000 levels as text": {"type": "Notification", "message": "[" * 100_000},
    "not a number": FIRING | {"timestampEpochMillis": float("nan"), "severity": float("nan")},
    "infinities": FIRING | {"timestamp": float("inf"), "timestampEpochMillis": float("-inf")},
    "a huge integer as text": {"type": "Notification", "message": '{"title": "t", "n": %s}' % ("9" * 100_000)},
    "a huge time": FIRING | {"timestamp": None, "timestampEpochMillis": 1e300},
    "surrogates as text": {"type": "Notification", "message": '{"title": "\\ud800 \\udfff t"}'},
    "a key of 100,000 characters": {"title": "t", "k" * 100_000: "v"},
    "a dimension of 100,000 characters": FIRING | {"alarmMetaData": [META | {"dimensions": [{"k" * 100_000: "v"}]}]},
    "10,000 streams": FIRING | {"alarmMetaData": [META | {"dimensions": META["dimensions"] * 10_000}]},
    "1,000 alarms in one": FIRING | {"alarmMetaData": [META] * 1000},
    "repetition": {"title": "ab" * MEBIBYTE},
    "entities": {"title": "&lt;" * 500_000},
    "spaces": {"title": "t" + " " * (3 * MEBIBYTE) + "t"},
    "capitals": {
        "type": "Notification",
        "message": {"eventType": "com.oraclecloud." + "a" * 500_000, "cloudEventsVersion": "0.1"},
    },
    "a query that matches nothing": FIRING | {"alarmMetaData": [META | {"query": "(" * 500_000}]},
    "a link that almost matches": {"ConfirmationURL": CONFIRMATION_URL + "&a=" + "b" * 1_000_000},
    "domains": {"ConfirmationURL": "https://notification." + "a-" * 500_000},
}
BYTES = {
    "a lone continuation byte": text_field(b"title", b"\x80abc"),
    "a surrogate in UTF-8": text_field(b"title", b"\xed\xa0\x80"),
    "a key that is no UTF-8": text_field(b"\xff", b"x"),
    "truncated": text_field(b"title", b"abc")[:-2],
    "random": bytes(range(256)) * 100,
}


def memory(process):
    """Return the resident memory of a process in bytes: (now, at the most)."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return found["VmRSS"], found["VmHWM"]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("hostile") / "log") as served:
        with Client(served.target) as client:
            client.parse(FIRING)
        yield served


def answered(call, *arguments):
    try:
        call(*arguments)
    except grpc.RpcError as e:
        assert e.code() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}, e.details()
        assert "DEFECT" not in e.details()
        assert len(e.details()) < 2000


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_answered_or_refused_and_leaves_nothing(plugin, name):
    before = memory(plugin.process)[0]
    with Client(plugin.target) as client:
        answered(client.parse, HOSTILE[name])
        client.parse(FIRING)
    assert memory(plugin.process)[1] - before < 100 * MEBIBYTE


@pytest.mark.parametrize("name", BYTES)
def test_hostile_bytes_are_refused(plugin, name):
    with Client(plugin.target) as client:
        with pytest.raises(grpc.RpcError) as caught:
            client.channel.unary_unary(PARSE)(BYTES[name], timeout=10)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        client.parse(FIRING)


@pytest.mark.slow
def test_each_is_answered_within_half_a_second(plugin):
    """The best of five, with the sending of up to 4 MiB in it."""
    slow = {}
    for name, body in HOSTILE.items():
        request = event_pb2.ParseRequest(data=as_struct(body)).SerializeToString()
        with Client(plugin.target) as client:
            parse = client.channel.unary_unary(PARSE)
            times = []
            for _ in range(5):
                start = time.perf_counter()
                answered(parse, request)
                times.append(time.perf_counter() - start)
        if min(times) > 0.5:
            slow[name] = min(times)
    assert slow == {}


def test_alarms_pass_while_confirmations_hang(tmp_path):
    """32 confirmations to an Oracle that does not answer: above the limit they are refused at once, and alarms never wait."""
    with oracle(tmp_path) as ons, serve(tmp_path / "log", ons.environment) as plugin, Client(plugin.target) as client:
        with hanging(ons, plugin.target) as told:
            opened, refused = len(ons.opened), list(told)
            assert all(client.parse(FIRING | {"dedupeKey": str(i)}) for i in range(200))
        assert opened == MAX_FETCHES_PER_OWNER, "of 32 four went out"
        assert all("too many calls" in error.details() for error in refused), "the others were refused"
        assert any("too many calls" in error.details() for error in told), "and are so while the alarms pass"
        assert {error.code() for error in told} == {grpc.StatusCode.UNAVAILABLE}
