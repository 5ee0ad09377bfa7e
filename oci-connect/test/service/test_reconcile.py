"""drift and reconcile on SpaceONE's real monitoring service, with a project App's token, and on the stand-in for OCI."""

import copy
import json
import re
import signal
import subprocess
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitoring import PYTHON as PLATFORM
from monitoring import Monitoring
from plugin_process import ENVIRONMENTS, ROOT, free_port
from standin.certificates import certificate, pem, private_pem, rsa_key

FIRING = json.loads((ROOT / "test/fixture/alarm/firing_compute.json").read_text())
PYTHON = ENVIRONMENTS / "oci/bin/python"
NOBODY = "127.0.0.1:1"
PAGES = (ROOT / "docs/reconcile.md", ROOT / "docs/ko/reconcile.md")
HOUR = 3600


@pytest.fixture(scope="session")
def monitoring_api(served, databases, tmp_path_factory):
    program = Path(__file__).with_name("monitoring_api.py")
    command = [PLATFORM, "-W", "ignore", program, "--plugin", served.target, "--database", databases.new()]
    authority_key, key = rsa_key(), rsa_key()
    issued = certificate(key, issuer_key=authority_key, hosts=["localhost"])
    authority = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.write_bytes(pem(certificate(authority_key, ca=True)))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            service = Monitoring(process)
            service.api_url, service.tls_url = service.serve(key=private_pem(key).decode(), certificate=pem(issued).decode())
            service.authority = str(authority)
            service.app = service.token(client="app-1", projects=["project-test"], role="WORKSPACE_MEMBER")
            yield service
        finally:
            process.kill()


class Place:
    """A webhook with an alarm at OCI, and the commands that compare both."""

    def __init__(self, service, connect, oci, served):
        self.service, self.connect, self.oci, self.served = service, connect, oci, served
        oci.page_size = 50
        service.clear()
        service.recovery_mode(mode="AUTO")
        service.endpoint(plugin=served.target)
        self.url = service.webhook(options={})
        self.names = {}

    def alarm(self, name="web cpu", **fields):
        """Hold an alarm at OCI."""
        self.names[name] = self.oci.hold_alarm(name, **fields)["id"]
        return self.names[name]

    def says(self, name, status, ago, **more):
        """Set an alarm's state in OCI, and for how many seconds it has had it."""
        self.oci.states[self.names[name]] = {"status": status, "timestampTriggered": at(ago), "severity": "CRITICAL", **more}

    def message(self, name="web cpu", kind="OK_TO_FIRING", ago=0, severity="CRITICAL", key="", **meta):
        """Return a message of an alarm."""
        body = copy.deepcopy(FIRING)
        body |= {
            "dedupeKey": key or f"{self.names[name]}-{self.url[-40:]}",
            "title": name,
            "type": kind,
            "timestamp": at(ago),
            "severity": severity,
        }
        body.pop("timestampEpochMillis")
        body["alarmMetaData"][0] |= {
            "id": self.names[name],
            "severity": severity,
            "status": "OK" if kind == "FIRING_TO_OK" else "FIRING",
            **meta,
        }
        return body

    def post(self, *arguments, **keywords):
        """Let ONS deliver a message."""
        assert self.service.post(body=self.message(*arguments, **keywords)) == 200

    def run(self, command, *more, url=None, token=None, **environment):
        """Run a command; nothing secret may be printed."""
        known = {"SPACEONE_API_URL": self.service.api_url, "SPACEONE_TOKEN": token or self.service.app}
        run = self.connect(command, *more, url=url or self.url, **{**known, **environment})
        printed = run.stdout + run.stderr
        print(printed)
        for secret in (self.url.split("/")[-2], known["SPACEONE_TOKEN"]):
            assert secret not in printed
        return run

    def states(self):
        """Return the states of the alerts, the oldest first."""
        return [each["state"] for each in self.service.alerts()]


def at(ago):
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.fixture
def place(monitoring_api, connect, oci, served):
    return Place(monitoring_api, connect, oci, served)


@pytest.fixture
def stale(place):
    """An alarm whose recovery was lost: it is OK since an hour, and its alert is open."""
    place.alarm()
    place.post(ago=2 * HOUR)
    place.service.age(seconds=2 * HOUR)
    place.says("web cpu", "OK", HOUR)
    return place


def test_a_lost_recovery_is_shown_healed_and_noted(stale):
    run = stale.run("drift")
    assert run.returncode == 4 and "stale      web cpu" in run.stdout and "OK in OCI since" in run.stdout
    assert stale.states() == ["TRIGGERED"]
    run = stale.run("reconcile", "--yes")
    assert run.returncode == 0 and "resolved   web cpu" in run.stdout
    assert stale.states() == ["RESOLVED"]
    (note,) = [each["note"] for each in stale.service.notes() if each["alert_id"] == stale.service.alerts()[0]["alert_id"]]
    assert note.startswith("oci-connect reconcile: OK in OCI since")
    assert stale.run("drift").returncode == 0
    assert "0 open alerts: nothing to compare" in stale.run("reconcile", "--yes").stdout


def test_nothing_is_changed_by_dry_run_or_without_a_yes(stale):
    assert stale.run("reconcile", "--dry-run").returncode == 4
    assert stale.run("reconcile", answer="no\n").returncode == 2
    assert stale.states() == ["TRIGGERED"]


def test_a_lost_firing_opens_its_alert_under_its_own_key(place):
    place.alarm()
    place.post(ago=3 * HOUR)
    place.post(kind="FIRING_TO_OK", ago=2 * HOUR)
    assert place.states() == ["RESOLVED"]
    place.says("web cpu", "FIRING", 600)
    run = place.run("reconcile", "--yes")
    assert run.returncode == 0 and "opened     web cpu" in run.stdout
    assert place.states() == ["RESOLVED", "TRIGGERED"]
    first, *_, last = place.service.events()
    assert first["event_key"] == last["event_key"] and "85.5" not in last["description"]
    place.post(kind="FIRING_TO_OK")
    assert place.states() == ["RESOLVED", "RESOLVED"]


def test_messages_that_found_no_plugin_are_posted_again(place):
    place.alarm()
    place.service.endpoint(plugin=NOBODY)
    place.post(ago=600)
    assert place.states() == ["ERROR"]
    place.says("web cpu", "FIRING", 600)
    run = place.run("reconcile", "--yes")
    assert place.states() == ["ERROR"] and run.returncode == 4, "the plugin is still away, and nothing was added"
    place.service.endpoint(plugin=place.served.target)
    run = place.run("reconcile", "--yes")
    assert run.returncode == 0 and "replayed" in run.stdout
    assert place.states() == ["TRIGGERED"]


def test_what_is_refused_three_times_is_left_to_a_person(place):
    assert place.service.post(body={"nonsense": 1}) == 200
    for _ in range(3):
        assert place.run("reconcile", "--yes").returncode == 4
    run = place.run("drift")
    assert "3 more tries failed" in run.stdout and place.states() == ["ERROR"]
    assert place.run("reconcile", "--yes").returncode == 0


def test_of_two_alerts_of_a_race_the_older_is_resolved(place):
    place.alarm()
    place.post(ago=900)
    place.service.copy_alert(seconds=0)
    place.says("web cpu", "FIRING", 900)
    assert place.states() == ["TRIGGERED", "TRIGGERED"]
    assert "double" in place.run("reconcile", "--yes").stdout
    assert sorted(place.states()) == ["RESOLVED", "TRIGGERED"]


def test_a_person_who_resolved_an_alert_is_not_overruled(place):
    place.alarm()
    place.post(ago=900)
    place.says("web cpu", "FIRING", 900)
    place.service.resolve_by_hand(title=place.service.alerts()[0]["title"])
    run = place.run("reconcile", "--yes")
    assert run.returncode == 0 and "1 held" in run.stdout and place.states() == ["RESOLVED"]


def test_a_suppressed_alarm_keeps_its_alert_and_opens_none(place):
    suppression = {"timeSuppressFrom": at(HOUR), "timeSuppressUntil": at(-HOUR)}
    place.alarm(suppression=suppression)
    place.post(ago=2 * HOUR)
    place.says("web cpu", "FIRING", 2 * HOUR)
    assert place.run("reconcile", "--yes").returncode == 0 and place.states() == ["TRIGGERED"]
    place.post(kind="FIRING_TO_OK", ago=HOUR)
    place.says("web cpu", "FIRING", 900)
    run = place.run("reconcile", "--yes")
    assert "1 suppressed" in run.stdout and place.states() == ["RESOLVED"]


def test_where_persons_resolve_alerts_nothing_is_resolved(stale):
    stale.service.recovery_mode(mode="MANUAL")
    run = stale.run("reconcile", "--yes")
    assert "recovery mode MANUAL" in run.stdout and stale.states() == ["TRIGGERED"]
    assert len(stale.service.events()) == 1, "nothing was posted"


def test_the_younger_knowledge_wins_and_what_has_not_settled_waits(stale):
    stale.says("web cpu", "OK", 60)
    assert "1 held" in stale.run("reconcile", "--yes").stdout
    stale.says("web cpu", "OK", HOUR)
    stale.post(kind="REPEAT", ago=30)  # it fires again, and OCI's answer is older
    assert "1 held" in stale.run("reconcile", "--yes").stdout
    assert "TRIGGERED" in stale.states()


def test_a_repeat_keeps_an_alert_inside_the_window(place):
    place.alarm()
    place.post(ago=900)
    place.service.age(seconds=300)
    place.says("web cpu", "FIRING", 900)
    assert "repeated" in place.run("reconcile", "--yes").stdout
    assert "1 agree" in place.run("reconcile", "--yes").stdout
    place.service.age(seconds=590)
    place.post(kind="FIRING_TO_OK")
    assert place.states() == ["RESOLVED"]


@pytest.mark.parametrize("said", ["Split messages per metric stream", None])
def test_each_stream_of_a_split_alarm_is_its_own(place, monkeypatch, said):
    monkeypatch.setitem(FIRING, "notificationType", said)
    place.alarm("disks", isNotificationsPerMetricDimensionEnabled=True)
    for disk in ("a", "b"):
        place.post("disks", ago=2 * HOUR, key=f"{disk}-{place.url[-40:]}", dimensions=[{"disk": disk, "host": "db"}])
    place.service.age(seconds=2 * HOUR)
    place.says("disks", "FIRING", 2 * HOUR)
    entry = {"alarmSummary": "", "ruleName": "BASE"}
    place.oci.streams[place.names["disks"]] = [
        {**entry, "dimensions": {"disk": "a"}, "status": "OK", "timestamp": at(HOUR)},
        {**entry, "dimensions": {"disk": "b"}, "status": "FIRING", "timestamp": at(2 * HOUR)},
    ]
    run = place.run("reconcile", "--yes")
    assert "1 stale" in run.stdout and "1 agree" in run.stdout
    alive = [each["title"] for each in place.service.alerts() if each["state"] == "TRIGGERED"]
    assert len(alive) == 1 and place.states().count("RESOLVED") == 1


def test_a_rising_severity_that_was_lost_opens_its_own_alert(place):
    place.url = place.service.webhook(options={"escalation": "separate"})
    place.alarm()
    place.post(ago=HOUR, severity="WARNING")
    place.says("web cpu", "FIRING", 900, severity="CRITICAL")
    run = place.run("reconcile", "--yes")
    assert "severity" in run.stdout
    assert [(each["severity"], each["state"]) for each in place.service.alerts()] == [
        ("WARNING", "RESOLVED"),
        ("CRITICAL", "TRIGGERED"),
    ]


def test_an_alarm_that_is_gone_is_shown_and_resolved_on_demand(stale):
    stale.alarm("another")
    del stale.oci.alarms[stale.names["web cpu"]]
    assert "--gone resolves it" in stale.run("reconcile", "--yes").stdout and stale.states() == ["TRIGGERED"]
    assert stale.run("reconcile", "--yes", "--gone").returncode == 0 and stale.states() == ["RESOLVED"]


@pytest.mark.parametrize("fault", ["empty", "half a page", "refused", "too many requests"])
def test_an_answer_of_oci_that_is_not_whole_changes_nothing(stale, fault):
    oci = stale.oci
    if fault == "empty":
        oci.alarms.clear()
    elif fault == "half a page":
        oci.page_size = 1
        stale.alarm("another")
        oci.refuse = lambda _method, path: (404, "NotAuthorizedOrNotFound") if "page=" in path else None
    else:
        status, code = (404, "NotAuthorizedOrNotFound") if fault == "refused" else (429, "TooManyRequests")
        oci.refuse = lambda _method, path: (status, code) if "/alarms" in path else None
    run = stale.run("reconcile", "--yes", "--gone")
    assert "1 unknown" in run.stdout and stale.states() == ["TRIGGERED"]
    assert run.returncode == (0 if fault == "empty" else 4)


def test_more_changes_than_allowed_are_not_begun(place):
    place.oci.page_size = 3  # each page counts
    for number in range(8):
        place.alarm(f"alarm {number}")
        place.post(f"alarm {number}", ago=2 * HOUR)
        place.says(f"alarm {number}", "OK", HOUR)
    place.service.age(seconds=2 * HOUR)
    run = place.run("reconcile", "--yes")
    assert run.returncode == 4 and "8 of 8 open alerts would be resolved" in run.stderr
    run = place.run("reconcile", "--yes", "--most-changes", "5")
    assert run.returncode == 4 and "8 changes are due, and --most-changes is 5" in run.stderr
    assert set(place.states()) == {"TRIGGERED"}


def test_a_foreign_webhook_or_a_wrong_token_is_refused_and_nothing_secret_is_told(stale):
    run = stale.run("drift", url=stale.service.foreign())
    assert (
        run.returncode == 1
        and "ERROR_NOT_FOUND" in run.stderr
        and "belongs to a project that the App does not see" in run.stderr
    )
    run = stale.run("drift", token="eyJhbGciOiJSUzI1NiJ9.e30.x")
    assert run.returncode == 1 and "the token is wrong or has expired" in run.stderr
    run = stale.run("drift", SPACEONE_API_URL=f"grpc://{NOBODY}")
    assert run.returncode == 1 and "SpaceONE cannot be reached" in run.stderr
    assert stale.run("drift", SPACEONE_API_URL="https://spaceone.example.com").returncode == 2
    assert stale.run("drift", url="https://relay.example.com/webhook/oci").returncode == 2


def test_spaceone_is_reached_by_tls_if_its_certificate_is_trusted(stale):
    trusted = {"SPACEONE_API_URL": stale.service.tls_url, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": stale.service.authority}
    run = stale.run("drift", **trusted)
    assert run.returncode == 4 and "stale      web cpu" in run.stdout
    for wrong in (
        {"SPACEONE_API_URL": stale.service.tls_url},  # signed by nobody who is known
        {**trusted, "SPACEONE_API_URL": stale.service.tls_url.replace("localhost", "127.0.0.1")},  # of another name
        {**trusted, "SPACEONE_API_URL": stale.service.api_url.replace("grpc:", "grpc+ssl:")},  # a port without TLS
        {"SPACEONE_API_URL": stale.service.tls_url.replace("grpc+ssl:", "grpc:")},  # TLS, spoken to without
    ):
        run = stale.run("reconcile", "--yes", **wrong)
        assert run.returncode == 1 and "SpaceONE cannot be reached" in run.stderr
    assert stale.states() == ["TRIGGERED"]


def test_alerts_of_another_webhook_are_not_touched(stale):
    other = stale.service.webhook(options={})
    run = stale.run("reconcile", "--yes", url=other)
    assert "0 open alerts: nothing to compare" in run.stdout and stale.states() == ["TRIGGERED"]


def test_an_alert_opened_by_another_webhook_of_the_project_is_not_opened_twice(place):
    place.alarm()
    place.post(ago=900, key="one key")
    place.url = other = place.service.webhook(options={})
    place.post(ago=900, key="one key")
    place.service.age(seconds=900)
    place.says("web cpu", "FIRING", 900)
    assert len(place.states()) == 1, "SpaceONE joins them"
    run = place.run("reconcile", "--yes", url=other)
    assert run.returncode == 0 and "1 agree" in run.stdout
    assert place.states() == ["TRIGGERED"] and len(place.service.events()) == 2


def test_a_reconciler_that_runs_on_heals_and_tells_its_figures(stale):
    port = free_port()
    words = ("--yes", "--every", "2s", "--status-port", str(port))
    environment = {"SPACEONE_API_URL": stale.service.api_url, "SPACEONE_TOKEN": stale.service.app}
    process = stale.connect.start("reconcile", *words, url=stale.url, **environment)
    try:
        until(lambda: stale.states() == ["RESOLVED"])
        until(lambda: 'oci_reconcile_actions_total{action="resolve"} 1.0' in fetch(port, "metrics"))
        assert "oci_reconcile_last_success_timestamp_seconds 1." in fetch(port, "metrics")
        assert fetch(port, "health") == "ok\n"
        stale.service.recovery_mode(mode="MANUAL")  # while it runs
        stale.alarm("another")
        stale.says("another", "OK", HOUR)
        time.sleep(2.5)  # a cycle
        stale.post("another", ago=2 * HOUR)
        until(lambda: 'oci_reconcile_drift{state="stale"} 1.0' in fetch(port, "metrics"))
        assert stale.states() == ["RESOLVED", "TRIGGERED"]
        stale.oci.refuse = lambda _method, _path: (500, "InternalServerError")
    finally:
        process.send_signal(signal.SIGTERM)
        run = stale.connect.finish(process)
    assert run.returncode == 0 and "stale      web cpu" in run.stdout


def test_two_reconcilers_at_once_do_no_harm(stale):
    environment = {"SPACEONE_API_URL": stale.service.api_url, "SPACEONE_TOKEN": stale.service.app}
    running = [stale.connect.start("reconcile", "--yes", url=stale.url, **environment) for _ in range(2)]
    assert [stale.connect.finish(each).returncode for each in running] == [0, 0]
    assert stale.states() == ["RESOLVED"]


def until(holds, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.3)


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as reply:
        return reply.read().decode()


def test_doctor_tells_what_is_not_in_order_and_what_mends_it(stale):
    assert stale.connect("apply").returncode == 0
    stale.service.recovery_mode(mode="MANUAL")
    assert stale.service.post(body={"nonsense": 1}) == 200
    (topic,) = stale.oci.topics
    stale.oci.hold_alarm("rare", destinations=[topic], repeatNotificationDuration="PT1H")
    run = stale.run("doctor")
    assert run.returncode == 4
    lines = [line.split(maxsplit=1) for line in run.stdout.splitlines()]
    told = {about.split("  ")[0]: state for state, about in lines if state in ("ok", "look", "broken")}
    assert told == {
        **dict.fromkeys(
            ("credentials", "topic", "subscription", "retry time", "alarms", "App", "webhook", "options", "notifications"), "ok"
        ),
        "deliveries": "look",
        "repeats": "look",
        "recovery mode": "broken",
        "ERROR alert": "look",
        "drift": "look",
    }
    assert "1 repeat more rarely than every 5 minutes: rare" in run.stdout
    assert "Its sender must publish" in run.stdout and "1 stale" in run.stdout


def test_doctor_goes_on_where_a_part_cannot_be_read(place):
    run = place.run("doctor", SPACEONE_TOKEN="no token")
    assert run.returncode == 4
    assert "broken  topic" in run.stdout and "broken  spaceone" in run.stdout and "broken  drift" in run.stdout


def test_drift_and_doctor_print_what_the_pages_show(place):
    """Drift: a lost recovery, firing and message, a duplicate alert, and an alarm deleted while it fires."""
    assert place.connect("apply").returncode == 0
    (topic,) = place.oci.topics
    for name in ("lost recovery", "lost firing", "two alerts", "in order", "deleted"):
        place.alarm(name, destinations=[topic], repeatNotificationDuration="PT5M")
    place.post("lost firing", ago=5 * HOUR)
    place.post("lost firing", "FIRING_TO_OK", ago=4 * HOUR)
    place.says("lost firing", "FIRING", HOUR)
    for name in ("lost recovery", "deleted", "in order", "two alerts"):
        place.post(name, ago=2 * HOUR)
        place.says(name, "FIRING", 2 * HOUR)
    place.service.copy_alert(seconds=0)
    place.says("lost recovery", "OK", HOUR)
    del place.oci.alarms[place.names["deleted"]]
    place.service.endpoint(plugin=NOBODY)
    place.post("in order", ago=0)
    place.service.endpoint(plugin=place.served.target)
    place.service.recovery_mode(mode="MANUAL")
    doctor = place.run("doctor")
    place.service.recovery_mode(mode="AUTO")
    drift = place.run("drift")
    assert (drift.returncode, doctor.returncode) == (4, 4)
    for page in PAGES:
        shown = without_times(page.read_text(encoding="utf-8"))
        for run in (drift, doctor):
            assert without_times(run.stdout + run.stderr) in shown


def without_times(text):
    """Return a text without what is another in each run."""
    text = re.sub(r"\boci \d+\b", "oci (number)", text)  # the webhook's name
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "(time)", text)
    return re.sub(r"channel = grpc://[\d.:]+|ipv4:[\d.:%A-F]+|127\.0\.0\.1:\d+", "(address)", text)


@pytest.mark.slow
def test_a_thousand_alarms_of_which_200_fire_take_few_requests_and_little_memory(place):
    place.oci.page_size = 1000
    for number in range(1000):
        place.alarm(f"alarm {number}")
        if number < 200:
            place.post(f"alarm {number}", ago=HOUR)
            place.says(f"alarm {number}", "FIRING", HOUR)
        else:
            place.says(f"alarm {number}", "OK", HOUR)
    place.service.age(seconds=300)
    words = place.connect.words("reconcile", "--yes")
    script = (
        "import json, re, sys, time; from oci_connect.command import main; begun = time.monotonic(); status = main(sys.argv[1:]); "
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1]; "  # ru_maxrss would count the parent's
        "print(json.dumps([status, time.monotonic() - begun, int(peak) // 1024]))"
    )
    environment = place.connect.environment(place.url, SPACEONE_API_URL=place.service.api_url, SPACEONE_TOKEN=place.service.app)
    for word in ("alive", "agree"):
        place.oci.asked.clear()
        command = [PYTHON, "-W", "ignore", "-c", script, *words]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
        status, seconds, megabytes = json.loads(run.stdout.splitlines()[-1])
        print(f"{word}: {seconds:.0f} s, {len(place.oci.asked)} requests to OCI, {megabytes} MB")
        (summary,) = [line for line in run.stdout.splitlines() if "open alerts" in line]
        assert (status, summary) == (0, f"200 open alerts: 200 {word}")
        assert len(place.oci.asked) < 300
        assert megabytes < 120
    assert place.states() == ["TRIGGERED"] * 200
