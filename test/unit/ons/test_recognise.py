"""Recognising what arrived, through a relay's wrapping and ONS's envelope."""

import json

import pytest

from plugin.error import ERROR_FIELD, ERROR_TOO_LARGE, ERROR_UNKNOWN_KIND
from plugin.ons import recognise as recognise_module
from plugin.ons.kind import KINDS
from plugin.ons.message import Batch, Confirmation, Kind, Message
from plugin.ons.recognise import classify, recognise, recognise_record, unwrap

NOTICE = {"title": "Disk full"}
ALARM = {"alarmId": "ocid1.alarm.oc1.iad.a", "status": "FIRING"}
LINK = "https://notification.us-ashburn-1.oraclecloud.com/confirm"
ENVELOPE = {"type": "Notification", "messageId": "m", "topicId": "t", "subject": " S ", "timestamp": "now", "message": "{}"}


def relayed(text, **headers):
    return {"headers": {name.replace("_", "-"): value for name, value in headers.items()}, "text": text}


def messages(batch):
    return [message for record in batch.records if (message := recognise_record(record, batch))]


def refused(data):
    with pytest.raises(ERROR_FIELD) as caught:
        recognise(data)
    return caught.value.message.removeprefix("The message cannot be read: ").partition(" expected")[0]


def test_a_relays_headers_stand_beside_the_message_in_lower_case():
    message = recognise(relayed(json.dumps(NOTICE), X_OCI_NS_TopicOcid="t", x_oci_ns_messageid=7, X_OCI_NS_Timestamp="then"))
    assert message.fields.body == NOTICE
    assert message.kind.name == "notice"
    assert (message.topic_id, message.message_id, message.sent_at, message.subject) == ("t", "7", "then", "")
    assert message.envelope == {}


@pytest.mark.parametrize("text", [json.dumps(NOTICE), NOTICE])
def test_a_relays_text_may_be_json_or_an_object(text):
    assert recognise(relayed(text)).fields.body == NOTICE


@pytest.mark.parametrize("text", ["Disk full", "[]", "[1, 2]", "7", '"x"', "{", "9" * 5000, "null"])
def test_what_is_no_json_object_is_a_notice_to_the_letter(text):
    message = recognise(relayed(text))
    assert message.kind.name == "notice"
    assert message.fields.body == {"body": text}


@pytest.mark.parametrize("text", ["", " \n", "\x00", None, 7, [], True])
def test_a_relays_text_that_holds_no_message_is_refused(text):
    assert refused(relayed(text)) == "text: text or an object"


@pytest.mark.parametrize("headers", [None, "x", 7, ["a"], True])
def test_headers_that_are_no_object_count_as_none(headers):
    message = recognise({"headers": headers, "text": json.dumps(NOTICE)})
    assert (message.headers, message.fields.body) == ({}, NOTICE)


@pytest.mark.parametrize("value", [{"private": 1}, ["x"], None])
def test_a_header_that_is_no_text_counts_as_empty(value):
    message = recognise(relayed("x", X_OCI_NS_TopicOcid=value))
    assert (message.topic_id, message.topic_ids, message.message_id, message.sent_at) == ("", set(), "", None)


@pytest.mark.parametrize("more", [{"more": 1}, {"title": "x"}])
def test_a_relays_wrapping_has_exactly_two_keys(more):
    data = relayed(json.dumps(ALARM)) | more
    assert unwrap(data).body == unwrap(data).content == data


def test_an_envelope_is_opened_and_kept():
    message = recognise(ENVELOPE | {"message": json.dumps(ALARM)})
    assert message.kind.name == "alarm_specification"
    assert message.fields.body == ALARM
    assert message.envelope == ENVELOPE | {"message": json.dumps(ALARM)}
    assert (message.topic_id, message.message_id, message.sent_at, message.subject) == ("t", "m", "now", "S")
    assert message.topic_ids == {"t"}


def test_an_envelope_within_a_relays_wrapping_tells_before_the_headers():
    headers = {"X_OCI_NS_TopicOcid": "h", "X_OCI_NS_MessageId": "h", "X_OCI_NS_Timestamp": "h"}
    message = recognise(relayed(json.dumps(ENVELOPE | {"message": NOTICE}), **headers))
    assert (message.topic_id, message.message_id, message.sent_at) == ("t", "m", "now")
    assert message.topic_ids == {"t", "h"}
    assert message.fields.body == NOTICE


def test_an_object_as_message_makes_an_envelope_without_a_type():
    message = recognise({"message": ALARM, "subject": "S"})
    assert message.fields.body == ALARM
    assert message.subject == "S"


def test_an_object_as_message_beside_another_type_makes_none():
    with pytest.raises(ERROR_UNKNOWN_KIND) as caught:
        recognise({"message": ALARM, "type": "other"})
    assert "its keys are message, type" in caught.value.message


def test_a_text_as_message_without_a_type_is_a_notices_own():
    message = recognise({"message": json.dumps(ALARM)})
    assert message.kind.name == "notice"
    assert message.envelope == {}


@pytest.mark.parametrize("content", [{}, {"message": ""}, {"message": None}, {"message": 7}])
def test_an_envelope_without_a_message_is_refused(content):
    assert refused({"type": "Notification", **content}) == "message: text or an object"


def test_an_envelope_within_an_envelope_is_not_opened_twice():
    with pytest.raises(ERROR_UNKNOWN_KIND):
        recognise(ENVELOPE | {"message": {"type": "Notification", "foreign": 1}})


@pytest.mark.parametrize(
    "data",
    [
        {"ConfirmationURL": LINK},
        {"type": "Subscription Confirmation", "confirmationUrl": LINK},
        {"type": "SubscriptionConfirmation", "confirmationUrl": LINK},
        {"type": "SubscriptionConfirmation", "ConfirmationURL": LINK, "confirmationUrl": "other"},
        relayed("no JSON", X_OCI_NS_ConfirmationURL=LINK),
        relayed(None, x_oci_ns_confirmationurl=LINK),
        relayed(json.dumps({"ConfirmationURL": "other"}), X_OCI_NS_ConfirmationURL=LINK),
        relayed("x", X_OCI_NS_ConfirmationURL=LINK, X_OCI_NS_MessageType="Notification"),
        relayed(json.dumps({"ConfirmationURL": LINK}), X_OCI_NS_MessageType="SubscriptionConfirmation"),
        relayed(json.dumps({"type": "SubscriptionConfirmation", "confirmationUrl": LINK})),
    ],
)
def test_a_confirmation_is_recognised_in_each_of_its_forms(data):
    message = recognise(data)
    assert isinstance(message, Confirmation)
    assert message.url == LINK


def test_a_confirmation_keeps_its_envelope_and_headers():
    body = {"ConfirmationURL": LINK, "topicId": "t"}
    message = recognise(relayed(json.dumps(body), X_OCI_NS_TopicOcid="h"))
    assert (message.envelope, message.headers, message.topic_ids) == (body, {"x-oci-ns-topicocid": "h"}, {"t", "h"})


@pytest.mark.parametrize("link", [None, 7, {}, []])
def test_a_confirmation_without_a_link_is_refused(link):
    message = recognise({"ConfirmationURL": link})
    with pytest.raises(ERROR_FIELD) as caught:
        _ = message.url
    assert "ConfirmationURL or confirmationUrl: text expected" in caught.value.message


@pytest.mark.parametrize("body", [{"ConfirmationURL": LINK, "title": "x"}, {"type": "SubscriptionConfirmation", "title": "x"}])
def test_what_a_notification_carries_is_never_a_confirmation(body):
    message = recognise(relayed(json.dumps(body), X_OCI_NS_MessageType="Notification"))
    assert isinstance(message, Message)
    assert recognise(ENVELOPE | {"message": json.dumps(body)}).kind.name == "notice"


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        ({"type": "Greeting", "messageId": "m"}, True),
        ({"type": "Greeting", "topicId": "t"}, True),
        ({"type": "Greeting", "subscriptionId": "s"}, True),
        ({"type": None, "messageId": "m"}, True),
        ({"type": ["Notification"], "messageId": "m"}, True),
        ({"type": "Greeting"}, True),
        ({"type": "Greeting", "subject": "s", "message": "m"}, True),
        ({"type": "Greeting", "title": "t"}, False),
        ({"type": "NOTIFICATION", "messageId": "m"}, False),
        ({"type": "subscriptionconfirmation", "messageId": "m"}, False),
        ({"type": "OK_TO_FIRING", "dedupeKey": "k", "messageId": "m"}, False),
        ({"type": "Notification", "messageId": "m"}, False),
        ({"type": "SubscriptionConfirmation", "messageId": "m"}, False),
        ({"type": "Subscription Confirmation", "messageId": "m"}, False),
        ({"messageId": "m"}, False),
    ],
)
def test_an_envelope_of_an_unknown_type_is_told_from_other_objects(body, unknown):
    assert unwrap(body).is_envelope_of_unknown_type is unknown


def test_what_fits_no_kind_is_refused_by_its_keys():
    with pytest.raises(ERROR_UNKNOWN_KIND) as caught:
        classify(unwrap({"foreign": "private value", "another": 1}))
    assert "its keys are another, foreign." in caught.value.message
    assert "private value" not in caught.value.message


def test_a_message_cannot_be_changed():
    with pytest.raises(AttributeError):
        recognise(NOTICE).fields = None


@pytest.mark.parametrize("wrap", [lambda text: relayed(text), lambda text: ENVELOPE | {"message": text}])
@pytest.mark.parametrize("as_text", [json.dumps, list])
def test_a_list_is_a_batch_of_records_each_recognised_by_itself(wrap, as_text):
    batch = recognise(wrap(as_text([NOTICE, {"foreign": 1}, ALARM, 7, None, [NOTICE], "x"])))
    assert isinstance(batch, Batch)
    assert [message.kind.name for message in messages(batch)] == ["notice", "alarm_specification"]
    assert [message.fields.body for message in messages(batch)] == [NOTICE, ALARM]
    assert [message.in_batch for message in messages(batch)] == [True, True]
    assert len(batch.records) == 7


def test_records_know_their_delivery_and_share_no_notes():
    batch = recognise(relayed(json.dumps(ENVELOPE | {"message": [{"title": []}, NOTICE, NOTICE]}), X_OCI_NS_TopicOcid="h"))
    first, second = messages(batch)
    assert batch.topic_ids == first.topic_ids == {"t", "h"}
    assert (batch.message_id, first.message_id, second.headers) == ("m", "m", {"x-oci-ns-topicocid": "h"})
    assert first.fields.unreadable is not second.fields.unreadable


def test_a_batch_of_records_of_no_kind_is_a_batch_still():
    batch = recognise(relayed('[{"foreign": 1}]'))
    assert batch == Batch(records=({"foreign": 1},)) and messages(batch) == []


def test_a_message_alone_is_in_no_batch():
    assert recognise(NOTICE).in_batch is recognise(relayed(json.dumps(NOTICE))).in_batch is False


@pytest.mark.parametrize("value", [[], [7, "x"]])
def test_a_list_without_an_object_is_no_batch(value):
    assert refused(ENVELOPE | {"message": value}) == "message: text or an object"


@pytest.mark.exhaustive
@pytest.mark.parametrize("record", ["x", {"a": {"b": {}}}, [[], []]], ids=["texts", "objects", "lists"])
def test_of_a_text_at_most_50_000_values_are_taken_however_nested(record):
    size = {str: 1, dict: 3, list: 3}[type(record)]
    fitting = {"title": "x", "a": [record] * ((50_000 - 2) // size)}
    assert recognise(relayed(json.dumps(fitting))).kind.name == "notice"
    for wrapped in (relayed, lambda text: ENVELOPE | {"message": text}):
        with pytest.raises(ERROR_TOO_LARGE) as caught:
            recognise(wrapped(json.dumps(fitting | {"b": [record], "c": "", "d": ""})))
        assert "more than 50000 values" in caught.value.message


def nested(levels):
    """Return JSON text of a notice with so many levels of objects and lists."""
    return '{"title":"x","a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


@pytest.mark.parametrize("levels", [65, 500, 100_000])
def test_of_a_text_at_most_64_levels_are_taken(levels):
    assert recognise(relayed(nested(64))).kind.name == "notice"
    for wrapped in (relayed, lambda text: ENVELOPE | {"message": text}):
        with pytest.raises(ERROR_TOO_LARGE) as caught:
            recognise(wrapped(nested(levels)))
        assert "more than 64 levels of objects and lists" in caught.value.message


def test_a_record_that_is_too_deep_or_too_large_costs_no_other_record():
    inner = json.dumps(ENVELOPE | {"message": json.dumps([0] * 50_001)})
    batch = recognise(relayed(f"[{nested(64)}, {nested(65)}, {inner}, {json.dumps(NOTICE)}]"))
    assert (len(messages(batch)), len(batch.records)) == (2, 4)


def test_a_record_that_meets_a_defect_costs_no_other_record(monkeypatch):
    """A kind is replaced by one that fails."""

    def fits(body):
        return 1 / body.get("zero", 1) < 0

    monkeypatch.setattr(recognise_module, "KINDS", (Kind("broken", fits=fits, transform=None), *KINDS))
    batch = recognise(relayed(json.dumps([NOTICE, NOTICE | {"zero": 0}])))
    assert (len(messages(batch)), len(batch.records)) == (1, 2)


def test_a_list_of_numbers_alone_is_bounded_too():
    assert recognise(relayed(json.dumps([0] * 50_000))).kind.name == "notice"
    with pytest.raises(ERROR_TOO_LARGE):
        recognise(relayed(json.dumps([0] * 50_001)))


def test_a_confirmation_header_without_text_is_a_confirmation_without_a_link():
    message = recognise(relayed(json.dumps(NOTICE), X_OCI_NS_ConfirmationURL=""))
    assert isinstance(message, Confirmation)
    with pytest.raises(ERROR_FIELD):
        _ = message.url
