"""What becomes of a message: checks, options, confirmation, order, and what is counted and logged of it.

Oracle is replaced by an object that writes down what it was asked for; clock and memory are arguments.
"""

import asyncio
import datetime as dt
import hashlib
import json
import logging
import time

import pytest
from spaceone.api.monitoring.plugin import event_pb2

from corpus.cases import FIXTURES, Oracle, Plugin, load
from corpus.signing import ALARM as SPECIFIED
from corpus.signing import CERTIFICATE_URL, NOW, flat, signed
from plugin.error import (
    ERROR_CONFIRMATION_OFF,
    ERROR_CONFIRMATION_URL,
    ERROR_FIELD,
    ERROR_ONS,
    ERROR_OPTION,
    ERROR_SIGNATURE,
    ERROR_TOPIC,
    ERROR_UNKNOWN_KIND,
)
from plugin.interface.grpc.servicer import add
from plugin.manager import event_manager
from plugin.manager.webhook_manager import WebhookManager
from plugin.observe.metrics import REGISTRY
from plugin.ons.check.order import State
from plugin.ons.recognise import recognise
from plugin.service.event_service import EventService
from plugin.service.webhook_service import WebhookService
from plugin.setting.option import SCHEMA, Options, Signature

FIRING = load(FIXTURES / "alarm/firing_compute.json")
UNKNOWN_STATUS = {"alarmId": "ocid1.alarm.oc1.iad.a", "status": "SLEEPING"}
OCI_EVENT = load(FIXTURES / "oci_event/without_data.json")
NOTICE = {"title": "Disk full", "body": "private text"}
KEY_HASH = hashlib.sha256(b"private key").hexdigest()[:8]
TOPIC = "ocid1.onstopic.oc1.ap-seoul-1.mine"
LINK = (
    "https://notification.us-ashburn-1.oraclecloud.com/20181201/subscriptions/ocid1.onssubscription.oc1.iad.a/confirmation"
    "?token=SECRETtoken&protocol=CUSTOM_HTTPS"
)


class Memory:
    """Remembers nothing, and writes down what it was asked."""

    def __init__(self, answer=None):
        self.asked, self.answer, self.wait = [], answer, 0.0

    async def exchange(self, entries, now):
        self.asked += [(each.key, each.state.name, each.state.at, now) for each in entries if each.state]
        return [self.answer for _ in entries], self.wait


class Parts(Plugin):
    def __init__(self, memory=None, now=NOW, **defaults):
        self.oracle, self.zones = Oracle(), []

        def clock(zone):
            self.zones.append(zone)
            return now

        super().__init__(memory, self.oracle, clock, **defaults)


def counted(name, **labels):
    return REGISTRY.get_sample_value(f"ons_webhook_{name}_total", labels)


def alarm(kind, minute, key="k"):
    return FIRING | {"dedupeKey": key, "type": kind, "timestamp": (NOW + dt.timedelta(minutes=minute)).isoformat()}


def test_a_message_becomes_one_event():
    (event,) = Parts().parse({}, NOTICE)
    assert (event["title"], event["event_type"], event["provider"]) == ("Disk full", "ALERT", "oci")


def test_an_option_of_the_webhook_overrides_the_environment_and_that_the_default():
    parts = Parts(provider="environment")
    assert parts.parse({}, NOTICE)[0]["provider"] == "environment"
    assert parts.parse({"provider": "option"}, NOTICE)[0]["provider"] == "option"
    assert parts.parse({"confirm": True}, NOTICE)[0]["provider"] == "environment"


def test_oci_events_can_be_ignored_and_other_kinds_are_not():
    parts = Parts()
    before = counted("ignored", reason="oci_events_ignored")
    assert parts.parse({}, OCI_EVENT)
    assert parts.parse({"oci_events": "ignore"}, OCI_EVENT) == []
    assert counted("ignored", reason="oci_events_ignored") == before + 1
    assert parts.parse({"oci_events": "ignore"}, NOTICE)
    assert Parts(oci_events="ignore").parse({}, OCI_EVENT) == []


def test_while_topics_are_listed_only_theirs_pass():
    mine, none, other = flat(), flat(topicId=None), flat(topicId=TOPIC + "2")
    assert Parts(topics=(TOPIC,)).parse({}, mine)
    assert Parts().parse({"topics": [TOPIC, TOPIC + "2"]}, other)
    for message, said in ((none, "the message names no topic, and the option topics is set"), (other, "not listed")):
        assert Parts().parse({}, message)
        with pytest.raises(ERROR_TOPIC) as caught:
            Parts().parse({"topics": [TOPIC]}, message)
        assert said in caught.value.message and TOPIC not in caught.value.message


def test_each_topic_that_a_message_names_must_be_listed():
    relayed = {"headers": {"X-OCI-NS-TopicOcid": TOPIC + "2"}, "text": flat()}
    with pytest.raises(ERROR_TOPIC):
        Parts(topics=(TOPIC,)).parse({}, relayed)
    assert Parts(topics=(TOPIC, TOPIC + "2")).parse({}, relayed)


def test_only_a_message_that_may_be_acted_on_moves_the_time_of_the_last_one():
    def last():
        return REGISTRY.get_sample_value("ons_webhook_last_message_timestamp_seconds")

    Parts().parse({}, NOTICE)
    first = last()
    assert time.time() - 5 < first <= time.time()
    for options, body in (({}, {"private": 1}), ({"topics": [TOPIC]}, NOTICE), ({"signature": "require"}, NOTICE)):
        with pytest.raises(ERROR_ONS):
            Parts().parse(options, body)
        assert last() == first
    Parts().parse({}, FIRING)
    assert last() > first


def test_a_confirmation_is_opened_to_the_letter_and_is_no_event(caplog):
    parts = Parts()
    before = counted("messages", kind="confirmation")
    with caplog.at_level(logging.INFO):
        assert parts.parse({}, {"ConfirmationURL": LINK.replace("&", "&amp;")}) == []
    assert parts.oracle.confirmed == [LINK]
    assert counted("messages", kind="confirmation") == before + 1
    (record,) = caplog.records
    assert (record.getMessage(), record.fields["kind"]) == ("confirmed", "confirmation")
    assert 0 <= record.fields["ms"] < 1000
    assert "SECRET" not in caplog.text


def test_a_confirmation_can_be_left_to_a_person():
    parts = Parts()
    with pytest.raises(ERROR_CONFIRMATION_OFF):
        parts.parse({"confirm": False}, {"ConfirmationURL": LINK})
    with pytest.raises(ERROR_CONFIRMATION_OFF):
        Parts(confirm=False).parse({}, {"ConfirmationURL": LINK})
    assert parts.oracle.confirmed == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"ConfirmationURL": LINK.replace("oraclecloud", "evil")}, ERROR_CONFIRMATION_URL),
        ({"ConfirmationURL": None}, ERROR_FIELD),
        ({"ConfirmationURL": LINK, "topicId": TOPIC + "2"}, ERROR_TOPIC),
        ({"ConfirmationURL": LINK}, ERROR_TOPIC),
    ],
)
def test_a_confirmation_that_is_not_trusted_opens_nothing(data, error):
    parts = Parts()
    options = {"topics": [TOPIC]} if error is ERROR_TOPIC else {}
    with pytest.raises(error):
        parts.parse(options, data)
    assert parts.oracle.confirmed == []


def test_a_confirmation_of_a_listed_topic_is_opened():
    parts = Parts(topics=(TOPIC,))
    parts.parse({}, {"ConfirmationURL": LINK, "topicId": TOPIC})
    assert parts.oracle.confirmed == [LINK]


def test_a_confirmation_needs_a_signature_where_one_is_required():
    parts = Parts(signature="require")
    with pytest.raises(ERROR_SIGNATURE):
        parts.parse({}, {"ConfirmationURL": LINK})
    assert parts.oracle.confirmed == []


def test_the_manager_confirms_with_the_environments_options_if_none_are_given():
    confirmation = recognise({"ConfirmationURL": LINK})
    parts = Parts()
    asyncio.run(parts.subscriptions.confirm(confirmation))
    assert parts.oracle.confirmed == [LINK]
    with pytest.raises(ERROR_CONFIRMATION_OFF):
        asyncio.run(Parts(confirm=False).subscriptions.confirm(confirmation))
    with pytest.raises(ERROR_CONFIRMATION_OFF):
        asyncio.run(parts.subscriptions.confirm(confirmation, Options(confirm=False)))


def test_a_further_domain_is_opened_once_it_is_listed():
    further = LINK.replace("oraclecloud.com", "oraclecloud77.com").replace("oc1.iad", "oc77.us-ashburn-1")
    parts = Parts(extra_domains=("oraclecloud77.com",))
    parts.parse({}, {"ConfirmationURL": further})
    assert parts.oracle.confirmed == [further]
    with pytest.raises(ERROR_CONFIRMATION_URL):
        Parts().parse({}, {"ConfirmationURL": further})


def test_a_certificate_is_fetched_from_a_further_domain_once_it_is_listed():
    url = CERTIFICATE_URL.replace("oraclecloud.com", "oraclecloud77.com")
    envelope = signed(flat(topicId="ocid1.onstopic.oc77.ap-seoul-1.a")) | {"signingCertURL": url}
    parts = Parts(signature="verify", extra_domains=("oraclecloud77.com",))
    assert parts.parse({}, envelope)
    assert parts.oracle.fetched == [envelope["signingCertURL"]]
    with pytest.raises(ERROR_SIGNATURE):
        Parts(signature="verify").parse({}, envelope)


@pytest.mark.parametrize(
    ("mode", "envelope", "fetched", "passes"),
    [
        ("ignore", signed(flat()), 0, True),
        ("ignore", signed(flat()) | {"subject": "forged"}, 0, True),
        ("ignore", flat(), 0, True),
        ("verify", signed(flat()), 1, True),
        ("verify", signed(flat()) | {"subject": "forged"}, 1, False),
        ("verify", flat(), 0, True),
        ("require", signed(flat()), 1, True),
        ("require", signed(flat()) | {"subject": "forged"}, 1, False),
        ("require", flat(), 0, False),
    ],
)
def test_signatures_are_ignored_verified_or_required(mode, envelope, fetched, passes):
    parts = Parts()
    if passes:
        assert parts.parse({"signature": mode}, envelope)
    else:
        with pytest.raises(ERROR_SIGNATURE):
            parts.parse({"signature": mode}, envelope)
    assert parts.oracle.fetched == [CERTIFICATE_URL] * fetched


def test_the_age_of_a_signature_is_measured_by_the_clock_in_utc():
    late = NOW + dt.timedelta(seconds=61)
    parts = Parts(now=late, signature="verify")
    assert parts.parse({}, signed(flat()))
    assert set(parts.zones) == {dt.UTC}
    with pytest.raises(ERROR_SIGNATURE):
        parts.parse({"signature_max_age": 60}, signed(flat()))


@pytest.mark.parametrize("url", [None, 7, "https://evil.example.com/x.pem"])
def test_a_certificate_of_another_address_is_never_fetched(url):
    parts = Parts(signature="verify")
    with pytest.raises(ERROR_SIGNATURE):
        parts.parse({}, signed(flat()) | {"signingCertURL": url})
    assert parts.oracle.fetched == []


def test_a_bad_option_is_logged_without_its_value_and_the_alert_is_made(caplog):
    (event,) = Parts(provider="mine").parse({"provider": "SECRET value", "nothing": "SECRET", "confirm": "no"}, NOTICE)
    assert event["provider"] == "mine"
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings[1] == (
        "The option provider is refused: 1 to 40 letters, digits, dots, hyphens or underscores expected. "
        "Change the webhook's options."
    )
    assert [text.split(" ")[2] for text in warnings] == ["confirm", "provider", "nothing"]
    assert "SECRET" not in caplog.text


@pytest.mark.parametrize("options", [{"signature": "off"}, {"topics": "any"}, {"nothing": 1, "topics": [7]}])
def test_a_bad_option_that_security_depends_on_refuses_the_message(options):
    with pytest.raises(ERROR_OPTION) as caught:
        Parts().parse(options, NOTICE)
    assert caught.value.name in ("signature", "topics")


def test_an_alert_older_than_its_recovery_is_ignored_and_a_newer_one_is_not():
    parts = Parts()
    before = counted("ignored", reason="older_than_recovery")
    assert parts.parse({}, alarm("FIRING_TO_OK", -2))
    assert parts.parse({}, alarm("OK_TO_FIRING", -3)) == []
    assert counted("ignored", reason="older_than_recovery") == before + 1
    assert parts.parse({}, alarm("OK_TO_FIRING", -1))


def test_the_memory_is_asked_with_key_state_and_times():
    memory = Memory()
    parts = Parts(memory)
    assert parts.parse({}, alarm("OK_TO_FIRING", -1, key="mine"))
    assert parts.parse({}, alarm("FIRING_TO_OK", 5, key="mine"))
    (key, *first), (again, *second) = memory.asked
    assert key == again
    assert first == ["ALERT/CRITICAL", NOW - dt.timedelta(minutes=1), NOW] and second == ["RECOVERY", NOW, NOW]
    assert set(parts.zones) == {dt.UTC}


def test_where_severities_are_apart_each_is_a_state_of_its_own():
    memory = Memory()
    Parts(memory, escalation="separate").parse({}, alarm("OK_TO_FIRING", 0, key="mine") | {"severity": "WARNING"})
    Parts(memory, escalation="separate").parse({}, alarm("FIRING_TO_OK", 0, key="mine"))
    assert [state for _, state, *_ in memory.asked] == ["ALERT/WARNING", "RECOVERY"]
    assert len({key for key, *_ in memory.asked}) == 1


def test_what_a_signature_vouches_for_is_remembered_apart():
    memory = Memory()
    for envelope in (signed(flat()), flat()):
        Parts(memory).parse({"signature": "verify"}, envelope)
    assert len({key for key, *_ in memory.asked}) == 2


def test_a_signature_for_one_topic_says_nothing_of_another():
    memory = Memory()
    for topic_id in ("ocid1.onstopic.oc1..mine", "ocid1.onstopic.oc1..theirs"):
        Parts(memory).parse({"signature": "verify"}, signed(flat(topicId=topic_id)))
    assert len({key for key, *_ in memory.asked}) == 2


def test_a_topic_in_a_header_is_vouched_for_by_no_signature():
    envelope = flat()
    topic_id = envelope.pop("topicId")
    wrapped = {"headers": {"X-OCI-NS-TopicOcid": topic_id}, "text": json.dumps(signed(envelope))}
    memory = Memory()
    Parts(memory).parse({"signature": "require"}, wrapped)
    Parts(memory).parse({"signature": "require"}, signed(flat(topicId=None)))
    assert len({key for key, *_ in memory.asked}) == 1, "as if no topic were named"
    with pytest.raises(ERROR_TOPIC, match="the signature covers no topic"):
        Parts().parse({"signature": "require", "topics": [topic_id]}, wrapped)
    assert Parts().parse({"signature": "require", "topics": [topic_id]}, signed(flat()))


def test_what_anybody_says_makes_no_signed_alarm_late():
    parts = Parts()
    firing = flat(message=json.dumps(SPECIFIED | {"status": "FIRING"}), timestamp=(NOW - dt.timedelta(seconds=9)).isoformat())
    recovery = flat(message=json.dumps(SPECIFIED | {"status": "OK"}))
    assert parts.parse({}, recovery)
    assert parts.parse({}, firing) == []
    assert parts.parse({"signature": "require"}, signed(firing))


def test_keys_of_our_own_making_are_never_put_to_the_memory():
    memory = Memory(answer=State("RECOVERY", NOW + dt.timedelta(days=1)))
    made = alarm("OK_TO_FIRING", 0, key="")
    made["alarmMetaData"] = [made["alarmMetaData"][0] | {"id": ""}]
    assert Parts(memory).parse({}, made)
    assert memory.asked == []


def test_kinds_without_recoveries_are_never_put_to_the_memory():
    memory = Memory(answer=State("RECOVERY", NOW + dt.timedelta(days=1)))
    parts = Parts(memory)
    announcement = {"announcementType": "ACTION_REQUIRED", "chainId": "c", "timeUpdated": NOW.isoformat()}
    assert parts.parse({}, announcement)
    assert parts.parse({}, {"logContent": {"time": NOW.isoformat(), "data": "a line"}})
    assert memory.asked == []


def test_what_is_ignored_is_never_put_to_the_memory():
    memory = Memory()
    assert Parts(memory).parse({}, UNKNOWN_STATUS) == []
    assert memory.asked == []


def test_a_time_of_the_future_is_remembered_as_now():
    parts = Parts(now=NOW)
    assert parts.parse({}, alarm("FIRING_TO_OK", 60))
    assert parts.parse({}, alarm("OK_TO_FIRING", 0))
    assert parts.parse({}, alarm("FIRING_TO_OK", -1)) == []


def test_an_escalation_opens_one_alert_and_closes_three():
    parts = Parts()
    before = [counted("events", event_type=event_type, severity="ERROR") for event_type in ("ALERT", "RECOVERY")]
    events = parts.parse({"escalation": "separate"}, alarm("OK_TO_FIRING", 0) | {"severity": "ERROR"})
    assert [(event["event_key"], event["event_type"]) for event in events] == [
        ("k/ERROR", "ALERT"),
        ("k/CRITICAL", "RECOVERY"),
        ("k/WARNING", "RECOVERY"),
        ("k/INFO", "RECOVERY"),
    ]
    assert counted("events", event_type="ALERT", severity="ERROR") == before[0] + 1
    assert counted("events", event_type="RECOVERY", severity="ERROR") == before[1] + 3
    assert [event["event_key"] for event in parts.parse({}, alarm("OK_TO_FIRING", 0))] == ["k"]


def test_only_alarms_that_can_escalate_are_put_apart():
    parts = Parts(escalation="separate")
    assert len(parts.parse({}, NOTICE)) == len(parts.parse({}, flat())) == 1


def test_a_late_event_is_put_apart_into_nothing():
    parts = Parts(escalation="separate")
    assert len(parts.parse({}, alarm("FIRING_TO_OK", -1))) == 4
    assert parts.parse({}, alarm("OK_TO_FIRING", -2)) == []


def test_the_account_and_language_of_a_webhook_reach_its_events():
    options = {"account": "mine", "language": "ko"}
    (event,) = Parts().parse(options, alarm("FIRING_TO_OK", 0))
    assert event["account"] == "mine"
    assert event["description"].startswith("복구됨: ")
    assert Parts(account="theirs").parse({}, NOTICE)[0]["account"] == "theirs"
    assert Parts(account="theirs").parse({"account": ""}, NOTICE)[0]["account"] == ""


def batch(*records, **envelope):
    return {"type": "Notification", "messageId": "m", "message": json.dumps(records), **envelope}


def test_each_record_of_a_batch_becomes_an_event():
    kinds = ("batch", "notice", "alarm")
    before = [counted("messages", kind=kind) for kind in kinds]
    events = Parts().parse({}, batch(NOTICE, alarm("OK_TO_FIRING", 0), {"title": "other"}))
    assert [event["title"].partition(" (")[0] for event in events] == ["Disk full", FIRING["title"], "other"]
    assert len({event["event_key"] for event in events}) == 3
    assert [counted("messages", kind=kind) for kind in kinds] == [before[0] + 1, before[1] + 2, before[2] + 1]


def test_records_that_cannot_be_read_cost_the_others_nothing(caplog):
    broken = {"alarmMetaData": [{}]}
    labels = {"event_type": "ALERT", "severity": "WARNING"}
    before = counted("refusals", error="ERROR_FIELD"), counted("events", **labels)
    caplog.set_level(logging.INFO)
    *events, told = Parts().parse({}, batch({"foreign": "private"}, NOTICE, broken, broken))
    assert [event["title"] for event in events] == ["Disk full"]
    assert (told["title"], told["severity"]) == ("OCI batch: 3 of 4 records could not be read", "WARNING")
    assert told["description"].count("type or alarmMetaData[0].status") == 1
    assert "private" not in str(told)
    assert (counted("refusals", error="ERROR_FIELD"), counted("events", **labels)) == (before[0] + 2, before[1] + 1)
    assert [record.fields["kind"] for record in caplog.records] == ["notice", "batch"]
    assert caplog.records[1].fields["severity"] == "WARNING"


def test_records_of_a_batch_are_ignored_or_late_each_for_itself():
    parts = Parts(oci_events="ignore")
    records = batch(OCI_EVENT, alarm("FIRING_TO_OK", -1), alarm("OK_TO_FIRING", -2), NOTICE)
    assert [event["event_type"] for event in parts.parse({}, records)] == ["RECOVERY", "ALERT"]


def test_a_batch_is_checked_before_its_records_are_read():
    parts = Parts()
    with pytest.raises(ERROR_TOPIC):
        parts.parse({"topics": [TOPIC]}, batch(NOTICE, topicId=TOPIC + "2"))
    with pytest.raises(ERROR_SIGNATURE):
        parts.parse({"signature": "require"}, batch(NOTICE))
    memory = Memory()
    Parts(memory).parse({"signature": "require"}, signed(flat(message=json.dumps([alarm("OK_TO_FIRING", 0)]))))
    assert len(memory.asked) == 1


@pytest.mark.parametrize("character", ["x", "가", "🔥"])
def test_a_batch_becomes_no_larger_reply_than_a_client_takes(character):
    around = dict.fromkeys(("topicId", "messageId", "subject"), character * 1000)
    events = Parts().outcomes({}, batch(*[{"title": f"t{i}"} for i in range(1000)], **around))
    reply = event_pb2.EventsInfo()
    for event in events:
        add(reply, event)
    assert reply.ByteSize() < 3 * 1024 * 1024
    assert events[-1].severity.value == "WARNING" and "There are too many records." in events[-1].description


def test_records_of_a_batch_escalate_too():
    assert len(Parts(escalation="separate").parse({}, batch(alarm("OK_TO_FIRING", 0), NOTICE))) == 5


def test_fields_that_cannot_be_read_are_named_and_counted():
    before = counted("unreadable_fields")
    (event,) = Parts().parse({}, NOTICE | {"severity": ["private"], "compartmentId": {}})
    assert event["additional_info"]["unreadable"] == "severity, compartmentId"
    assert counted("unreadable_fields") == before + 2
    Parts().parse({}, NOTICE)
    assert counted("unreadable_fields") == before + 2
    assert Parts().parse({}, UNKNOWN_STATUS | {"status": "SLEEPING", "query": "x"}) == []
    assert counted("unreadable_fields") == before + 2


def test_an_event_is_counted_by_kind_type_and_severity():
    labels = {"event_type": "ALERT", "severity": "CRITICAL"}
    before = counted("messages", kind="alarm"), counted("events", **labels)
    Parts().parse({}, FIRING)
    assert (counted("messages", kind="alarm"), counted("events", **labels)) == (before[0] + 1, before[1] + 1)


def test_an_event_leaves_one_log_line_with_the_hash_of_its_key(caplog):
    with caplog.at_level(logging.INFO):
        Parts().parse({}, FIRING | {"dedupeKey": "private key", "body": "private text"})
    (record,) = caplog.records
    assert (record.levelname, record.name, record.getMessage()) == ("INFO", "plugin.manager.event_manager", "event")
    milliseconds = record.fields.pop("ms")
    assert 0 < milliseconds < 1000 and milliseconds == round(milliseconds, 2)
    assert record.fields == {"kind": "alarm", "event_type": "ALERT", "severity": "CRITICAL", "key": KEY_HASH}
    assert "private" not in caplog.text


def test_an_ignored_message_leaves_one_log_line_with_its_reason(caplog):
    before = counted("messages", kind="alarm_specification"), counted("ignored", reason="no_state_change")
    with caplog.at_level(logging.INFO):
        assert Parts().parse({}, UNKNOWN_STATUS) == []
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("INFO", "ignored")
    assert 0 <= record.fields.pop("ms") < 1000
    assert record.fields == {"kind": "alarm_specification", "reason": "no_state_change"}
    assert (counted("messages", kind="alarm_specification"), counted("ignored", reason="no_state_change")) == (
        before[0] + 1,
        before[1] + 1,
    )


def test_milliseconds_are_those_that_passed(monkeypatch, caplog):
    """The clock is replaced: it goes on by 1.23456 seconds at each look."""
    ticks = iter(range(100))
    monkeypatch.setattr("plugin.manager.event_manager.time.perf_counter", lambda: next(ticks) * 1.23456)
    with caplog.at_level(logging.INFO):
        Parts().parse({}, NOTICE)
    assert caplog.records[0].fields["ms"] == 1234.56


def test_an_unknown_kind_is_counted_as_no_message():
    kinds = ("alarm", "notice", "oci_event", "confirmation")
    before = [counted("messages", kind=kind) for kind in kinds]
    with pytest.raises(ERROR_UNKNOWN_KIND):
        Parts().parse({}, {"foreign": 1})
    assert [counted("messages", kind=kind) for kind in kinds] == before


def test_the_event_service_hands_over_options_and_data():
    service = EventService(Parts().manager)
    assert [event.provider for event in asyncio.run(service.parse({"provider": "mine"}, NOTICE))] == ["mine"]
    assert service.resource == "Event"


def test_the_webhook_service_says_what_the_plugin_is():
    service = WebhookService(WebhookManager(Options(provider="environment")))
    assert service.init({}) == {
        "provider": "environment",
        "supported_resource_type": ["inventory.CloudService"],
        "duplicate_event_time": 604800,
        "options_schema": SCHEMA,
    }
    assert service.init({"provider": "mine", "nothing": 1})["provider"] == "mine"
    assert service.resource == "Webhook"


def test_the_webhook_service_refuses_the_first_bad_option():
    service = WebhookService(WebhookManager(Options()))
    assert service.verify({"provider": "mine", "confirm": False}) is None
    with pytest.raises(ERROR_OPTION) as caught:
        service.verify({"provider": "mine", "nothing": 1, "confirm": "no"})
    assert caught.value.name == "confirm"


def test_a_required_signature_needs_topics_wherever_each_is_set():
    service = WebhookService(WebhookManager(Options()))
    with pytest.raises(ERROR_OPTION) as caught:
        service.verify({"signature": "require"})
    assert (caught.value.name, caught.value.reason) == (
        "signature",
        "require needs the option topics, because anybody with an OCI account can have ONS sign a message",
    )
    assert service.verify({"signature": "require", "topics": [TOPIC]}) is None
    assert service.verify({"signature": "verify"}) is None
    assert service.verify({"topics": [TOPIC]}) is None
    assert WebhookManager(Options(topics=(TOPIC,))).verify({"signature": "require"}) is None
    with pytest.raises(ERROR_OPTION):
        WebhookManager(Options(signature=Signature.REQUIRE)).verify({})


def test_a_webhook_opens_no_further_domain():
    further = LINK.replace("oraclecloud.com", "oraclecloud77.com").replace("oc1.iad", "oc77.us-ashburn-1")
    parts = Parts()
    with pytest.raises(ERROR_CONFIRMATION_URL):
        parts.parse({"extra_domains": ["oraclecloud77.com"]}, {"ConfirmationURL": further})
    assert parts.oracle.confirmed == []
    with pytest.raises(ERROR_OPTION):
        WebhookManager(Options()).verify({"extra_domains": ["oraclecloud77.com"]})


def test_a_call_waits_for_the_previous_one_unless_too_many_are_waiting(monkeypatch):
    monkeypatch.setattr(event_manager, "MAX_HELD_CALLS", 5)
    monkeypatch.setattr(event_manager, "MAX_HELD_PER_OWNER", 2)
    memory = Memory()
    memory.wait = 0.2
    manager = Plugin(memory).manager

    async def seconds(owner):
        begun = time.monotonic()
        await manager.parse({"account": owner}, FIRING)
        return time.monotonic() - begun

    async def at_once(owners):
        return await asyncio.gather(*map(seconds, owners))

    for owners, waits in {"aaa": [True, True, False], "aabbcd": [True] * 5 + [False]}.items():
        assert [each > 0.15 for each in asyncio.run(at_once(owners))] == waits


def test_what_took_long_is_kept_back_for_less(monkeypatch):
    monkeypatch.setattr(event_manager, "HOLD_DEADLINE", 0.1)
    memory = Memory()
    memory.wait = 2.0
    begun = time.monotonic()
    assert Plugin(memory).parse({}, FIRING)
    assert time.monotonic() - begun < 1
