"""What every kind has in common: what could not be read is named, and so are a batch's records that could not be."""

import pytest

from plugin.error import ERROR_FIELD
from plugin.model.event import Event, EventType, Ignored, IgnoredReason, Severity
from plugin.ons import transform as transform_module
from plugin.ons.identifiers import digest
from plugin.ons.message import Batch, Kind, Message
from plugin.ons.read import Reader
from plugin.ons.recognise import recognise
from plugin.ons.transform import transform
from plugin.setting.option import Language, Options

NOTICE = {"title": "Disk full"}
TOPIC = "ocid1.onstopic.oc1.iad.mine"


def unknown_records(batch, *arguments, **named):
    return transform_module.unknown_records(batch, batch.records.count("unknown"), *arguments, **named)


def batch(unknown, known=1, **envelope):
    return Batch(records=(NOTICE,) * known + ("unknown",) * unknown, envelope=envelope)


def of_kind(outcome, unreadable=()):
    def transformed(message, options):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    message = Message(kind=Kind("test", fits=lambda body: True, transform=transformed), fields=Reader({}))
    message.fields.unreadable.extend(unreadable)
    return message


def test_what_could_not_be_read_is_named_in_the_event():
    event = transform(recognise({"title": "Disk full", "severity": ["private"], "compartmentId": {}}), Options())
    assert event.unreadable == ("severity", "compartmentId")
    assert event.to_dict()["additional_info"]["unreadable"] == "severity, compartmentId"
    assert "private" not in str(event.to_dict())


def test_where_all_could_be_read_nothing_is_named():
    event = transform(recognise(NOTICE), Options())
    assert event.unreadable == ()
    assert "unreadable" not in event.to_dict()["additional_info"]


def test_an_outcome_without_an_event_and_a_refusal_pass():
    ignored = Ignored(IgnoredReason.NO_STATE_CHANGE)
    assert transform(of_kind(ignored, ["a"]), Options()) is ignored
    with pytest.raises(ERROR_FIELD):
        transform(of_kind(ERROR_FIELD("a", "text")), Options())


def test_a_batch_that_was_read_has_no_event_of_its_own():
    assert unknown_records(batch(0), [], Options(), has_events=True) is None


def test_records_that_could_not_be_read_are_counted_and_their_reasons_named():
    reasons = ["why b", "why a", "why b"]
    event = unknown_records(batch(2, 3, topicId=TOPIC, messageId="m"), reasons, Options(account="mine"), has_events=True)
    assert event == Event(
        event_key=digest("batch", TOPIC, "why a", "why b"),
        event_type=EventType.ALERT,
        title="OCI batch: 5 of 5 records could not be read",
        description=(
            "The other records became events of their own.\n"
            "The sender must change the records that could not be read.\nwhy a\nwhy b"
        ),
        severity=Severity.WARNING,
        provider="oci",
        account="mine",
        additional_info={"topic_id": TOPIC, "message_id": "m"},
    )


def test_records_of_no_kind_are_enough():
    event = unknown_records(batch(2, 38), [], Options(language=Language.KOREAN, provider="mine"), has_events=False)
    assert (event.title, event.provider, event.event_key) == (
        "OCI 일괄 메시지: 전체 40건 중 2건을 읽을 수 없음",
        "mine",
        digest("batch", ""),
    )


def test_the_same_failure_again_joins_its_alert():
    first, again = (unknown_records(batch(number, topicId=TOPIC), ["why"], Options(), has_events=False) for number in (1, 2))
    other = unknown_records(batch(1, topicId=TOPIC + "2"), ["why"], Options(), has_events=False)
    assert first.event_key == again.event_key != other.event_key
