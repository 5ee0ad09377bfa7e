"""Around the whole circle: the command, the plugin, and SpaceONE's real monitoring service; only OCI is a stand-in."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from monitoring import monitoring
from oci_connect.duration import seconds
from plugin_process import ROOT, serve
from standin.oracle import oracle

HOST = "spaceone.example.com"  # ONS delivers to public hosts; the stand-in leads this one to the monitoring service
FIRING = json.loads((ROOT / "test/fixture/alarm/firing_compute.json").read_text(encoding="utf-8"))
BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def circle(oci, tmp_path, database):
    """The monitoring service behind the plugin, and the URL of its webhook as OCI knows it."""
    oci.confirms_itself, oci.page_size = False, 10
    with (
        oracle(tmp_path) as ons,
        serve(tmp_path / "log", ons.environment) as plugin,
        monitoring(plugin.target, database=database) as platform,
    ):
        ons.on_open = oci.opened
        base, _, path = platform.url.partition("/monitoring/")
        oci.hosts[HOST] = base
        platform.public_url = f"https://{HOST}/monitoring/{path}"
        yield platform


def test_from_apply_to_a_test_alarm_that_is_resolved(connect, oci, circle):
    run = connect("apply", "--wait", "20", url=circle.public_url)
    print(run.stdout)
    assert run.returncode == 0, run.stderr
    assert ["active", "subscription"] in [line.split()[:2] for line in run.stdout.splitlines()]
    assert circle.alerts() == []
    told = connect("test", "--pause", "1", url=None)
    print(told.stdout)
    assert told.returncode == 0
    (alert,) = circle.alerts()
    assert (alert["title"], alert["state"]) == ("TEST of oci-connect", "RESOLVED")
    assert connect("remove", "--yes", url=None).returncode == 0
    assert not oci.topics and not oci.subscriptions and not oci.alarms


@pytest.mark.slow
@pytest.mark.parametrize("attached", [True, False])
def test_an_alarm_that_was_there_is_resolved_after_30_minutes_if_it_is_attached(connect, oci, circle, attached):
    """OCI repeats a firing by the interval that the alarm has; the clock is moved, and not waited for."""
    alarm = oci.hold_alarm("web cpu", destinations=["ocid1.stream.oc1.phx.theirs"], repeatNotificationDuration="PT4H")
    assert connect("apply", "--no-alarms", "--wait", "20", url=circle.public_url).returncode == 0
    run = connect("attach", "--yes", url=None)
    print(run.stdout)
    assert run.returncode == 0, run.stderr
    if not attached:  # only the topic is a destination, as somebody does it by hand
        alarm["repeatNotificationDuration"] = "PT4H"
    messages = sent_by(alarm, minutes=30)
    passed = 0.0
    for minutes, message in messages:
        circle.age(seconds=minutes * 60 - passed)
        passed = minutes * 60
        oci.publish(oci.regions[""], alarm["destinations"][-1], json.dumps(message))
    (alert,) = circle.alerts()
    assert len(messages) == (7 if attached else 2)
    assert alert["state"] == ("RESOLVED" if attached else "TRIGGERED")
    types = [event["event_type"] for event in circle.events()]
    assert types == (["ALERT"] * 6 + ["RECOVERY"] if attached else ["ALERT"])


def sent_by(alarm, minutes):
    """Return what OCI sends for an alarm that fires this long, with the minutes after which it does."""
    repeat = seconds(alarm["repeatNotificationDuration"]) / 60
    times = [0, *(n * repeat for n in range(1, 100) if n * repeat < minutes)]
    kinds = [("OK_TO_FIRING", "FIRING"), *[("REPEAT", "FIRING")] * (len(times) - 1), ("FIRING_TO_OK", "OK")]
    return [(at, _message(alarm, at, *kind)) for at, kind in zip([*times, minutes], kinds, strict=True)]


def _message(alarm, minutes, kind, status):
    meta = [{**FIRING["alarmMetaData"][0], "status": status}]
    now = (BEGINNING + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        **FIRING,
        "dedupeKey": alarm["id"],
        "title": alarm["displayName"],
        "type": kind,
        "timestamp": now,
        "alarmMetaData": meta,
    }
