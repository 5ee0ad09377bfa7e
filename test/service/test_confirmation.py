"""Subscriptions confirm themselves, and nobody else is called."""

import contextlib
import time

import grpc
import pytest

from client import Client
from corpus.cases import FIXTURES, load
from links import NEVER
from plugin.connector.ons_connector import UNREACHABLE
from plugin_process import serve
from standin.oracle import CONFIRMATION_URL, HOST, TOKEN, oracle

TOPIC = "ocid1.onstopic.oc1.phx.mine"
CONFIRMATION = {"ConfirmationURL": CONFIRMATION_URL}
DOCUMENTED = {
    "type": "Subscription Confirmation",
    "subscriptionId": "ocid1.subscription.oc1...",
    "topicId": TOPIC,
    "confirmationUrl": CONFIRMATION_URL,
    "message": "Please confirm your subscription by visiting the URL above",
}
RELAYED = {
    "headers": {
        "X-OCI-NS-MessageType": "SubscriptionConfirmation",
        "X-OCI-NS-ConfirmationURL": CONFIRMATION_URL,
        "X-OCI-NS-TopicOcid": TOPIC,
    },
    "text": "this is <no> JSON",
}


@pytest.fixture(scope="module")
def ons(tmp_path_factory):
    with oracle(tmp_path_factory.mktemp("oracle")) as server:
        yield server


@pytest.fixture(scope="module")
def plugin(ons, tmp_path_factory):
    with serve(tmp_path_factory.mktemp("plugin") / "log", {**ons.environment, "ONS_LOG_LEVEL": "DEBUG"}) as served:
        yield served


@pytest.fixture
def client(plugin, ons):
    ons.reset()
    with Client(plugin.target) as client:
        yield client


def test_an_empty_reply_says_that_the_subscription_is_confirmed(client):
    answer = client.answer(CONFIRMATION, {})
    assert (answer.events, answer.why_empty) == ([], "confirmed")


def refusal(client, *arguments):
    with pytest.raises(grpc.RpcError) as caught:
        client.parse(*arguments)
    assert TOKEN not in caught.value.details()
    return caught.value.code(), caught.value.details()


@pytest.mark.parametrize(
    "message",
    [
        CONFIRMATION,
        DOCUMENTED,
        DOCUMENTED | {"type": "SubscriptionConfirmation"},
        RELAYED,
        {"headers": {}, "text": f'{{"ConfirmationURL": "{CONFIRMATION_URL}"}}'},
        {"ConfirmationURL": CONFIRMATION_URL.replace("&", "&amp;")},
    ],
    ids=["body", "documented", "documented without a space", "header of a relay", "text of a relay", "out of HTML"],
)
def test_each_form_of_a_confirmation_opens_its_link_once_and_is_no_event(client, ons, message):
    assert client.parse(message) == []
    assert ons.asked == [f"{HOST}:443"]
    assert [path.partition("?")[2] for path in ons.opened] == [f"token={TOKEN}&protocol=CUSTOM_HTTPS"]


def test_a_confirmation_may_come_again(client, ons):
    assert [client.parse(CONFIRMATION) for _ in range(3)] == [[], [], []]
    assert len(ons.opened) == 3


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_is_success(client, ons, status):
    ons.behaviour = status
    assert client.parse(CONFIRMATION) == []


def test_an_endless_body_is_not_read(client, ons):
    ons.behaviour = "endless"
    assert client.parse(CONFIRMATION) == []


@pytest.mark.parametrize(
    ("behaviour", "said", "opened"),
    [
        (301, "Oracle answered HTTP 301", 1),
        (404, "Oracle answered HTTP 404", 1),
        (500, "Oracle answered HTTP 500", 1),
        ("slow", UNREACHABLE, 1),
        ("reset", UNREACHABLE, 1),
        ("wrong name", UNREACHABLE, 0),
        ("refused", UNREACHABLE, 0),
    ],
)
def test_what_is_no_success_is_refused_within_four_seconds(client, ons, behaviour, said, opened):
    ons.behaviour = behaviour
    start = time.monotonic()
    code, text = refusal(client, CONFIRMATION)
    assert time.monotonic() - start < 4
    assert code is grpc.StatusCode.UNAVAILABLE
    assert said in text and "Resend confirmation in the OCI console" in text
    assert len(ons.opened) == opened


def test_confirming_can_be_switched_off(client, ons):
    code, text = refusal(client, CONFIRMATION, {"confirm": False})
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "the option confirm is false" in text
    assert ons.asked == []


def test_a_confirmation_without_a_link_is_refused_by_the_name_of_the_field(client):
    assert "ConfirmationURL or confirmationUrl: text expected" in refusal(client, {"type": "SubscriptionConfirmation"})[1]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "Notification", "message": f'{{"ConfirmationURL": "{CONFIRMATION_URL}"}}'},
        {"type": "Notification", "message": {"ConfirmationURL": CONFIRMATION_URL}},
        {"headers": {"X-OCI-NS-MessageType": "Notification"}, "text": f'{{"ConfirmationURL": "{CONFIRMATION_URL}"}}'},
        {"title": "Please open", "body": CONFIRMATION_URL},
        load(FIXTURES / "alarm/firing_compute.json") | {"confirmationUrl": CONFIRMATION_URL},
    ],
    ids=["envelope", "envelope with an object", "notification from a relay", "notice", "alarm"],
)
def test_no_link_out_of_an_ordinary_message_is_opened(client, ons, message):
    with contextlib.suppress(grpc.RpcError):
        client.parse(message)
    assert ons.asked == []


def test_the_topic_of_a_confirmation_must_be_listed_while_topics_are(client, ons):
    for message in (DOCUMENTED, RELAYED):
        assert client.parse(message, {"topics": [TOPIC]}) == []
        assert "it is not listed in the option topics" in refusal(client, message, {"topics": [TOPIC + "x"]})[1]
    code, text = refusal(client, CONFIRMATION, {"topics": [TOPIC]})
    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert "the message names no topic" in text
    assert len(ons.opened) == 2


def test_an_alarm_of_a_topic_that_is_not_listed_is_refused(client):
    alarm = load(FIXTURES / "alarm_specification/firing_in_envelope.json")
    assert client.parse(alarm, {"topics": [alarm["topicId"]]})
    assert refusal(client, alarm, {"topics": [TOPIC]})[0] is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("options", [{"topics": "ocid1.onstopic.oc1"}, {"topics": ["x"]}, {"signature": "required"}])
def test_a_mistyped_security_setting_refuses_every_message(client, options):
    code, text = refusal(client, load(FIXTURES / "alarm/firing_compute.json"), options)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert text.startswith(f"ERROR_OPTION: The option {next(iter(options))} is refused")


def test_the_operator_can_add_a_realm(client, ons, tmp_path):
    ons.behaviour = "wrong name"  # the authority has not heard of that realm
    message = {
        "ConfirmationURL": CONFIRMATION_URL.replace("oraclecloud.com", "oraclecloud77.com").replace(
            ".oc1.phx.", ".oc77.us-phoenix-1."
        )
    }
    assert "ONS_EXTRA_DOMAINS" in refusal(client, message)[1]
    assert ons.asked == []
    environment = {**ons.environment, "ONS_EXTRA_DOMAINS": "oraclecloud77.com"}
    with serve(tmp_path / "log", environment) as plugin, Client(plugin.target) as added:
        refusal(added, message)
    assert ons.asked == ["cell1.notification.us-phoenix-1.oci.oraclecloud77.com:443"]


@pytest.mark.parametrize("url", NEVER, ids=lambda url: ascii(url[:60]))
def test_a_link_that_is_not_to_the_letter_oracles_is_never_opened(client, ons, url):
    for message in ({"ConfirmationURL": url}, {"headers": {"x-oci-ns-confirmationurl": url}, "text": ""}):
        refusal(client, message)
    assert ons.asked == []


def test_no_token_reaches_the_log(plugin, client, ons):
    client.parse(CONFIRMATION)
    ons.behaviour = 500
    refusal(client, RELAYED)
    logged = plugin.logged()
    assert "confirmed kind=confirmation" in logged and "HTTP 500" in logged
    for secret in (TOKEN, "token", "confirmation?", "aaaa"):
        assert secret not in logged
