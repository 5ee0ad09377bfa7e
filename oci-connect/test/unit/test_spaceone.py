"""What the client makes of SpaceONE's answers: pages, half a list, and what is another webhook's."""

from types import SimpleNamespace

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from spaceone.api.monitoring.v1 import alert_pb2, event_pb2

from oci_connect.reconcile import spaceone
from oci_connect.reconcile.spaceone import SpaceOne, SpaceOneError

URL = "https://spaceone.example.com/monitoring/v1/webhook/webhook-1/key/events"
OURS = {"webhook_id": "webhook-1", "domain_id": "domain-1"}


def client(monkeypatch, alerts=(), events=(), total=None):
    """Return a client that gets pages of two of these."""
    monkeypatch.setattr(spaceone, "PAGE", 2)
    monkeypatch.setattr(spaceone, "EVENT_PAGE", 2)

    def page(items, info):
        def answer(request, **_):
            query = MessageToDict(request, preserving_proto_field_name=True)["query"]["page"]
            start = int(query["start"]) - 1
            found = [{**OURS, **each} for each in items[start : start + int(query["limit"])]]
            return ParseDict({"results": found, "total_count": len(items) if total is None else total}, info())

        return answer

    made = SpaceOne("grpc://127.0.0.1:1", "token", URL)
    made._domain = "domain-1"
    made._alerts = SimpleNamespace(list=page(alerts, alert_pb2.AlertsInfo))
    made._events = SimpleNamespace(list=page(events, event_pb2.EventsInfo))
    return made


ALERTS = [
    {"alert_id": f"alert-{number}", "state": "TRIGGERED", "created_at": "2026-03-02T09:15:00.000Z"} for number in range(5)
]


def test_all_pages_of_alerts_are_read(monkeypatch):
    assert [each.id for each in client(monkeypatch, ALERTS).open_alerts()] == [each["alert_id"] for each in ALERTS]


def test_half_a_list_of_alerts_is_no_list(monkeypatch):
    with pytest.raises(SpaceOneError, match="5 of 9 alerts: the answer is partial"):
        client(monkeypatch, ALERTS, total=9).open_alerts()


@pytest.mark.parametrize("foreign", [{"webhook_id": "webhook-2"}, {"domain_id": "domain-2"}])
def test_what_is_another_webhooks_or_domains_is_not_seen(monkeypatch, foreign):
    events = [{"event_key": "ours"}, {"event_key": "theirs", **foreign}]
    seen = client(monkeypatch, [ALERTS[0], {**ALERTS[1], **foreign}], events)
    assert [each.id for each in seen.open_alerts()] == ["alert-0"]
    assert [each.key for each in seen.events_of_alarm("ocid1.alarm.oc1..a")] == ["ours"]


def test_older_events_of_an_alarm_are_read_when_they_are_looked_at(monkeypatch):
    seen = client(monkeypatch, events=[{"event_key": f"{number}"} for number in range(5)])
    assert [each.key for each in seen.events_of_alarm("ocid1.alarm.oc1..a")] == ["0", "1", "2", "3", "4"]
