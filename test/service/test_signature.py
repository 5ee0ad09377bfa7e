"""The documented signature of an envelope: what holds, and each way in which it does not."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from client import Client
from corpus.cases import FIXTURES, load
from corpus.signing import CERTIFICATE, ENVELOPE, flat, signed
from plugin.connector.ons_connector import UNREACHABLE
from plugin_process import serve
from standin.certificates import DAY, NOW, pem
from standin.oracle import oracle

SECRET = "SECRETsignature"


@pytest.fixture(scope="module")
def ons(tmp_path_factory):
    with oracle(tmp_path_factory.mktemp("oracle")) as server:
        yield server


@pytest.fixture
def plugin(ons, tmp_path):
    ons.reset()
    ons.content = pem(CERTIFICATE)
    with serve(tmp_path / "log", {**ons.environment, "ONS_SIGNATURE": "verify", "ONS_LOG_LEVEL": "DEBUG"}) as served:
        yield served


@pytest.fixture
def client(plugin):
    with Client(plugin.target) as client:
        yield client


def refusal(client, *arguments):
    with pytest.raises(grpc.RpcError) as caught:
        client.parse(*arguments)
    return caught.value.code(), caught.value.details()


def test_a_documented_signature_is_valid_over_grpc_and_its_certificate_is_cached(client, ons):
    for _ in range(3):
        (event,) = client.parse(signed(flat()))
    assert "🔥" in event["description"]
    assert client.parse(signed(flat(), order=sorted(flat())), {"signature": "require"})
    assert ons.opened == ["/certificates/signing.pem"]


def test_two_callers_at_once_fetch_one_certificate(plugin, ons):
    ons.behaviour = "drip"
    ons.content = b"\n" + pem(CERTIFICATE)[:1]  # half a second a byte: long enough for all to meet

    def call(_):
        with Client(plugin.target) as client:
            return refusal(client, signed(flat()))[0]

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(call, range(12))) == {grpc.StatusCode.UNAUTHENTICATED}
    assert len(ons.opened) == 1


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (404, "Oracle answered HTTP 404"),
        (301, "Oracle answered HTTP 301"),
        ("slow", UNREACHABLE),
        ("endless", "Oracle answered with more than 65536 bytes"),
        ("drip", UNREACHABLE),
        ("wrong name", UNREACHABLE),
    ],
)
def test_a_failed_certificate_fetch_is_cached_and_refused_as_unavailable(client, ons, behaviour, said):
    ons.behaviour = behaviour
    for _ in range(2):
        code, text = refusal(client, signed(flat()))
        assert code is grpc.StatusCode.UNAVAILABLE
        assert said in text
    assert len(ons.asked) == 1


def test_what_is_fetched_and_is_no_certificate_is_a_signature_that_does_not_hold(client, ons):
    ons.content = b"<html>"
    assert "no PEM certificate" in refusal(client, signed(flat()))[1]


def test_the_mode_is_an_option_before_it_is_an_environment_variable(client, ons):
    forged = signed(flat()) | {"subject": "forged"}
    assert refusal(client, forged)[0] is grpc.StatusCode.UNAUTHENTICATED
    assert client.parse(forged, {"signature": "ignore"})
    assert client.parse(flat())
    assert "requires one" in refusal(client, flat(), {"signature": "require"})[1]
    assert "requires one" in refusal(client, load(FIXTURES / "alarm/firing_compute.json"), {"signature": "require"})[1]
    assert "older than" in refusal(client, signed(flat(timestamp=(NOW - DAY).isoformat())))[1]
    assert client.parse(signed(flat(timestamp=(NOW - DAY).isoformat())), {"signature_max_age": 2 * 86400})


def test_nothing_secret_is_printed_at_debug_while_signed_messages_pass(plugin, client):
    envelope = signed(flat())
    client.parse(envelope)
    refusal(client, envelope | {"signature": SECRET})
    refusal(client, envelope, {"topics": ["ocid1.onstopic.oc1.secret-topic"]})
    logged = plugin.logged()
    assert "ERROR_SIGNATURE" in logged
    for secret in (SECRET, envelope["signature"], "signing.pem", "secret-topic", "임계값", ENVELOPE["messageId"]):
        assert secret not in logged
