"""The interceptor, in a real gRPC server on loopback: what leaves it, what is logged and what is counted."""

import logging
import re
from concurrent import futures

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from plugin.error import ERROR_CERTIFICATE, ERROR_DEFECT, ERROR_TOO_LARGE, ERROR_TOPIC, ERROR_UNKNOWN_KIND
from plugin.interface.grpc import interceptor
from plugin.interface.grpc.interceptor import ErrorInterceptor
from plugin.observe.metrics import REGISTRY

SECRET = "SECRETvalue"


class Handlers:
    """What the served methods do; each test gives it the function that answers."""

    def __init__(self):
        self.answer = lambda request: Struct()

    def call(self, request, context):
        return self.answer(request)


@pytest.fixture(scope="module")
def served():
    handlers = Handlers()
    method = grpc.unary_unary_rpc_method_handler(handlers.call, Struct.FromString, lambda reply: reply.SerializeToString())
    server = grpc.server(futures.ThreadPoolExecutor(2), interceptors=(ErrorInterceptor(),))
    services = {"spaceone.Test": ("parse", "verify"), "foreign.Test": ("parse",)}
    for service, methods in services.items():
        handler = grpc.method_handlers_generic_handler(service, dict.fromkeys(methods, method))
        server.add_generic_rpc_handlers((handler,))
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
        yield handlers, channel
    server.stop(0).wait()


def call(channel, content=b"", method="/spaceone.Test/parse"):
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
    handlers, channel = served
    handlers.answer = lambda request: request
    sent = Struct()
    sent.update({"a": "x", "b": [1, {"c": None}]})
    for _ in range(2):
        assert Struct.FromString(call(channel, sent.SerializeToString())) == sent


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ERROR_UNKNOWN_KIND(["a"]), grpc.StatusCode.INVALID_ARGUMENT),
        (ERROR_TOPIC("why"), grpc.StatusCode.UNAUTHENTICATED),
        (ERROR_CERTIFICATE(reason="why"), grpc.StatusCode.UNAVAILABLE),
        (ERROR_TOO_LARGE("why"), grpc.StatusCode.INVALID_ARGUMENT),
        (ERROR_DEFECT("why"), grpc.StatusCode.INTERNAL),
    ],
)
def test_a_refusal_becomes_its_status_and_its_code_and_text(served, caplog, error, status):
    handlers, channel = served
    handlers.answer = raising(error)
    before = counted("refusals_total", error=error.error_code)
    with caplog.at_level(logging.INFO):
        assert refusal(channel) == (status, f"{error.error_code}: {error.message}")
    assert counted("refusals_total", error=error.error_code) == before + 1
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", f"refused: {error.message}")
    assert record.fields == {"error": error.error_code}


def test_the_text_of_a_defect_never_leaves_and_its_place_is_logged(served, caplog):
    handlers, channel = served
    handlers.answer = raising(KeyError(SECRET))
    before = counted("refusals_total", error="ERROR_DEFECT")
    code, text = refusal(channel)
    assert code is grpc.StatusCode.INTERNAL
    assert text == (
        "ERROR_DEFECT: A defect of the plugin (KeyError). Report it with the event's raw data; the log has the place."
    )
    assert counted("refusals_total", error="ERROR_DEFECT") == before + 1
    (record,) = caplog.records
    line = raising.__code__.co_firstlineno + 2
    assert (record.levelname, record.getMessage()) == ("ERROR", f"defect: KeyError at {__file__}:{line}")
    assert record.exc_info is None
    assert SECRET not in caplog.text


def test_a_reply_that_cannot_be_written_is_a_defect(served, caplog):
    handlers, channel = served
    handlers.answer = lambda request: SECRET
    code, text = refusal(channel)
    assert (code, text.partition(".")[0]) == (
        grpc.StatusCode.INTERNAL,
        "ERROR_DEFECT: A defect of the plugin (AttributeError)",
    )
    assert re.search(r"defect: AttributeError at \S+\.py:\d+$", caplog.records[0].getMessage())


def nested(levels):
    """A Struct in bytes, nested by hand: the library itself refuses to build it."""

    def field(number, content):
        length, size = len(content), b""
        while length > 127:
            size += bytes([length & 127 | 128])
            length >>= 7
        return bytes([number << 3 | 2]) + size + bytes([length]) + content

    struct = b""
    for _ in range(levels):
        struct = field(1, field(1, b"a") + field(2, field(5, struct)))
    return struct


@pytest.mark.parametrize("content", [nested(100), b"\xff\xff\xff", b"\x0a\x05\x0a\x03\xff\xfe\xfd"])
def test_what_cannot_be_decoded_is_named_and_no_defect(served, content):
    handlers, channel = served
    handlers.answer = lambda request: pytest.fail("it was decoded")
    assert refusal(channel, content) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "ERROR_MESSAGE: The message cannot be read: it is nested too deeply or is not valid UTF-8. Its sender must change it.",
    )


def test_what_is_nested_within_reason_is_decoded(served):
    handlers, channel = served
    handlers.answer = lambda request: request
    assert call(channel, nested(20)) == nested(20)


def test_each_request_is_timed_by_its_method_refused_or_not(served):
    handlers, channel = served
    before = [counted("request_seconds_count", method=method) for method in ("parse", "verify", "init")]
    handlers.answer = lambda request: Struct()
    call(channel)
    handlers.answer = raising(ValueError())
    refusal(channel)
    refusal(channel, b"", "/spaceone.Test/verify")
    after = [counted("request_seconds_count", method=method) for method in ("parse", "verify", "init")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 0]


def test_the_time_is_that_of_the_call(served, monkeypatch):
    """The clock is replaced: it goes on by a quarter of a second at each look."""
    handlers, channel = served
    handlers.answer = lambda request: Struct()
    ticks = iter(range(100))
    monkeypatch.setattr(interceptor.time, "perf_counter", lambda: next(ticks) / 4)
    before = counted("request_seconds_sum", method="parse")
    call(channel)
    assert counted("request_seconds_sum", method="parse") - before == pytest.approx(0.25)


def test_health_passes_untouched(served):
    _, channel = served
    reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
    assert reply.status == health_pb2.HealthCheckResponse.SERVING


def test_an_unknown_method_is_unimplemented(served):
    _, channel = served
    assert refusal(channel, b"", "/spaceone.Test/nothing")[0] is grpc.StatusCode.UNIMPLEMENTED


def test_the_methods_of_others_are_neither_counted_nor_guarded(served):
    handlers, channel = served
    handlers.answer = raising(ERROR_TOPIC("why"))
    before = counted("request_seconds_count", method="parse"), counted("refusals_total", error="ERROR_TOPIC")
    code, _ = refusal(channel, b"", "/foreign.Test/parse")
    assert code is grpc.StatusCode.UNKNOWN
    assert (counted("request_seconds_count", method="parse"), counted("refusals_total", error="ERROR_TOPIC")) == before


def test_a_method_is_wrapped_once_and_an_unknown_one_is_asked_for_again():
    """gRPC's own objects around the interceptor are plain stand-ins here."""

    class Details:
        method = "/spaceone.Test/parse"

    asked = []
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: request, bytes, bytes)

    def continuation(details):
        asked.append(details.method)
        return handler if len(asked) > 1 else None

    ours = ErrorInterceptor()
    assert ours.intercept_service(continuation, Details) is None
    wrapped = ours.intercept_service(continuation, Details)
    assert wrapped is not handler
    assert ours.intercept_service(continuation, Details) is wrapped
    assert len(asked) == 2


def test_a_request_of_1_mib_is_taken(served):
    handlers, channel = served
    sizes = []
    handlers.answer = lambda request: sizes.append(request.ByteSize()) or Struct()
    content = Struct()
    content.update({"a": ""})
    content["a"] = "x" * (1024 * 1024 - 20)
    content["a"] += "x" * (1024 * 1024 - content.ByteSize())
    call(channel, content.SerializeToString())
    assert sizes == [1024 * 1024]


def test_a_larger_request_is_refused_before_it_is_decoded(served):
    handlers, channel = served
    handlers.answer = lambda request: pytest.fail("it was decoded")
    before = counted("refusals_total", error="ERROR_TOO_LARGE")
    assert refusal(channel, b"\xff" * (1024 * 1024 + 1)) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "ERROR_TOO_LARGE: The message is too large: more than 1048576 bytes. Its sender must make it smaller.",
    )
    assert counted("refusals_total", error="ERROR_TOO_LARGE") == before + 1


def test_a_refusal_of_strange_keys_is_bounded_and_does_not_break_the_stream(served, caplog):
    handlers, channel = served
    keys = [f"{number:02}" + "🔥" * 37 for number in range(40)]
    handlers.answer = raising(ERROR_UNKNOWN_KIND(keys))
    code, text = refusal(channel)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert text.startswith("ERROR_UNKNOWN_KIND: The message is of no known kind: its keys are 00🔥")
    assert text.endswith("🔥…")
    sent = sum(1 if 32 <= byte < 127 and byte != 37 else 3 for byte in text.encode())
    assert 1900 < sent <= 2000
    assert "and 20 more" in caplog.text  # the log has it whole


def test_the_text_of_what_nobody_foresaw_stays_inside_though_it_is_of_grpcs_own(served):
    handlers, channel = served
    handlers.answer = raising(RecursionError(SECRET))
    code, text = refusal(channel)
    assert code is grpc.StatusCode.INTERNAL and SECRET not in text
