"""The boundary, in a real gRPC server on loopback: what leaves it, what is logged and what is counted."""

import logging
import re

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from spaceone.api.monitoring.plugin import webhook_pb2

from loop import running_loop
from plugin.error import ERROR_CERTIFICATE, ERROR_DEFECT, ERROR_ONS, ERROR_TOO_LARGE, ERROR_TOPIC, ERROR_UNKNOWN_KIND
from plugin.interface.grpc.boundary import decode, generic_handler
from plugin.observe.metrics import REGISTRY
from wire import field

SECRET = "SECRETvalue"
INIT = "/spaceone.api.monitoring.plugin.Webhook/init"


class Servicer:
    """Has the methods of the Webhook service; each test gives it the function that answers."""

    DESCRIPTOR = webhook_pb2.DESCRIPTOR.services_by_name["Webhook"]

    def __init__(self):
        self.answer = lambda request: request

    async def init(self, request, context):
        return self.answer(request)

    verify = init


@pytest.fixture(scope="module")
def served():
    servicer = Servicer()

    async def start():
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((generic_handler(servicer),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    with running_loop() as loop:
        server, port = loop.run(start())
        with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
            yield servicer, channel
        loop.run(server.stop(0))


def call(channel, content=b"", method=INIT):
    return channel.unary_unary(method)(content, timeout=10)


def refusal(channel, *arguments):
    with pytest.raises(grpc.RpcError) as caught:
        call(channel, *arguments)
    return caught.value.code(), caught.value.details()


def raising(error):
    def answer(_request):
        raise error

    return answer


def counted(name, **labels):
    return REGISTRY.get_sample_value(f"ons_webhook_{name}", labels) or 0


def test_a_reply_passes_as_it_is(served):
    servicer, channel = served
    servicer.answer = lambda request: request * 2
    assert call(channel, b"\x00\xff") == b"\x00\xff\x00\xff"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ERROR_UNKNOWN_KIND(["a"]), grpc.StatusCode.INVALID_ARGUMENT),
        (ERROR_TOPIC("why"), grpc.StatusCode.UNAUTHENTICATED),
        (ERROR_CERTIFICATE(reason="why"), grpc.StatusCode.UNAVAILABLE),
        (ERROR_TOO_LARGE(reason="why"), grpc.StatusCode.INVALID_ARGUMENT),
        (ERROR_DEFECT(kind="why"), grpc.StatusCode.INTERNAL),
    ],
)
def test_a_refusal_becomes_its_status_and_its_code_and_text(served, caplog, error, status):
    servicer, channel = served
    servicer.answer = raising(error)
    before = counted("refusals_total", error=error.error_code)
    with caplog.at_level(logging.INFO):
        assert refusal(channel) == (status, f"{error.error_code}: {error.message}")
    assert counted("refusals_total", error=error.error_code) == before + 1
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", f"refused: {error.message}")
    assert record.fields == {"error": error.error_code}


def test_a_new_error_of_the_family_leaves_as_itself(served):
    class ERROR_NEW(ERROR_ONS):
        _status_code = "FAILED_PRECONDITION"
        _message = "A new refusal: {reason}."

    servicer, channel = served
    servicer.answer = raising(ERROR_NEW(reason="why"))
    assert refusal(channel) == (grpc.StatusCode.FAILED_PRECONDITION, "ERROR_NEW: A new refusal: why.")


@pytest.mark.parametrize("error", [KeyError(SECRET), RecursionError(SECRET)])
def test_the_text_of_a_defect_never_leaves_and_its_place_is_logged(served, caplog, error):
    servicer, channel = served
    servicer.answer = raising(error)
    before = counted("refusals_total", error="ERROR_DEFECT")
    code, text = refusal(channel)
    assert code is grpc.StatusCode.INTERNAL
    assert text.startswith(f"ERROR_DEFECT: A defect of the plugin ({type(error).__name__}). Report it")
    assert counted("refusals_total", error="ERROR_DEFECT") == before + 1
    (record,) = caplog.records
    assert re.fullmatch(rf"defect: {type(error).__name__} at \S+\.py:\d+", record.getMessage())
    assert record.exc_info is None
    assert SECRET not in caplog.text + text


def nested(levels):
    """A Struct in bytes, nested by hand: the library itself refuses to build it."""
    struct = b""
    for _ in range(levels):
        struct = field(1, field(1, b"a") + field(2, field(5, struct)))
    return struct


@pytest.mark.parametrize("content", [nested(100), b"\xff\xff\xff", b"\x0a\x05\x0a\x03\xff\xfe\xfd"])
def test_what_cannot_be_decoded_is_named_and_no_defect(served, content):
    servicer, channel = served
    servicer.answer = lambda request: decode(Struct, request) and b""
    assert refusal(channel, content) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "ERROR_MESSAGE: The message cannot be read: it is nested too deeply or is not valid UTF-8. Its sender must change it.",
    )
    assert decode(Struct, nested(20)).SerializeToString() == nested(20)


def test_each_request_is_timed_by_its_method_refused_or_not(served):
    servicer, channel = served
    before = [counted("request_seconds_count", method=method) for method in ("init", "verify", "parse")]
    servicer.answer = lambda request: b""
    call(channel)
    servicer.answer = raising(ValueError())
    refusal(channel)
    refusal(channel, b"", INIT.replace("init", "verify"))
    after = [counted("request_seconds_count", method=method) for method in ("init", "verify", "parse")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 0]


def test_an_unknown_method_is_unimplemented(served):
    _, channel = served
    assert refusal(channel, b"", INIT.replace("init", "nothing"))[0] is grpc.StatusCode.UNIMPLEMENTED


def test_a_refusal_of_strange_keys_is_bounded_and_does_not_break_the_stream(served, caplog):
    servicer, channel = served
    servicer.answer = raising(ERROR_UNKNOWN_KIND([f"{number:02}" + "🔥" * 37 for number in range(40)]))
    code, text = refusal(channel)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert text.startswith("ERROR_UNKNOWN_KIND: Unknown message type: its keys are 00🔥")
    assert text.endswith("🔥…")
    sent = sum(1 if 32 <= byte < 127 and byte != 37 else 3 for byte in text.encode())
    assert 1900 < sent <= 2000
    assert "and 20 more" in caplog.text  # the log has it whole
