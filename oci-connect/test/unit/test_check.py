"""What bin/oci-connect refuses before OCI is asked: URLs, OCIDs, durations and the fields of the alarm file."""

import re

import pytest

from oci_connect import check, definitions, mql, webhook_url
from oci_connect.arguments import ALARM_SETS
from oci_connect.duration import seconds, too_long
from oci_connect.error import UsageError

GOOD = "displayName: a\n    namespace: n\n    query: q[1m].max() > 0\n    severity: INFO"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "empty"),
        ("http://spaceone.example.com/x", "https"),
        ("spaceone.example.com/x", "https"),
        ("https:///x", "no host"),
        ("https://[::1/x", "no URL"),
        ("https://spaceone.example.com:x/", "no URL"),
        ("https://spaceone.example.com/x?token=1", "no query"),
        ("https://spaceone.example.com/x?", "no query"),
        ("https://spaceone.example.com/x#y", "fragment"),
        ("https://spaceone.example.com/a b", "space"),
        ("https://spaceone.example.com/a\n", "space"),
        ("https://spaceone.example.com/a\x1b", "control"),
        ("https://localhost/x", "private host"),
        ("https://spaceone/x", "private host"),
        ("https://spaceone.internal/x", "private host"),
        ("https://monitoring.spaceone.svc.cluster.local/x", "private host"),
        ("https://10.0.0.1/x", "private host"),
        ("https://192.168.3.4/x", "private host"),
        ("https://127.0.0.1/x", "private host"),
        ("https://169.254.169.254/x", "private host"),
        ("https://[fd00::1]/x", "private host"),
    ],
)
def test_a_url_that_ons_cannot_deliver_to_is_refused(url, reason):
    with pytest.raises(UsageError, match=reason) as refused:
        check.webhook_url(url, "--webhook-url")
    assert str(refused.value).startswith("--webhook-url: ")
    assert "token" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://spaceone.example.com/x/y", "https://user:pw@relay.example.com:443/", "https://8.8.8.8/x"]
)
def test_a_url_on_the_internet_is_taken(url):
    assert check.webhook_url(url, "") == url


def test_nothing_of_the_path_of_a_url_is_shown():
    url = "https://user:password@spaceone.example.com/webhook/webhook-abcdef/accesskey123/events"
    assert webhook_url.label(url).startswith("spaceone.example.com (URL #")
    assert webhook_url.label(url) != webhook_url.label(url + "x")
    redacted = webhook_url.redact(f"Invalid endpoint {url}, and accesskey123 and password", url)
    assert redacted == "Invalid endpoint …, and … and …"


@pytest.mark.parametrize(
    ("value", "types", "taken"),
    [
        ("ocid1.compartment.oc1..aaaa", ("compartment", "tenancy"), True),
        ("ocid1.tenancy.oc1..aaaa", ("compartment", "tenancy"), True),
        ("ocid1.onstopic.oc1.ap-seoul-1.aaaa", ("onstopic",), True),
        ("ocid1.user.oc1..aaaa", ("compartment",), False),
        ("ocid1.compartment.oc1..", ("compartment",), False),
        ("ocid1.compartment.oc1..aaaa\n", ("compartment",), False),
        ("my-compartment", ("compartment",), False),
    ],
)
def test_an_ocid_must_be_of_its_type(value, types, taken):
    if taken:
        assert check.ocid(value, "--x", *types) == value
    else:
        with pytest.raises(UsageError, match=f"--x: an OCID of type {types[0]}"):
            check.ocid(value, "--x", *types)


@pytest.mark.parametrize(
    ("text", "length"),
    [("PT5M", 300), ("PT300S", 300), ("P1D", 86400), ("PT1H30M", 5400), ("PT0S", 0), ("PT", None), ("P", None), ("5M", None)],
)
def test_durations_are_iso_8601(text, length):
    assert seconds(text) == length


@pytest.mark.parametrize(
    ("repeat", "long"),
    [(None, True), ("PT0S", True), ("PT6M", True), ("often", True), ("PT5M", False), ("PT300S", False), ("PT1M", False)],
)
def test_spaceone_needs_a_repeat_of_at_most_five_minutes(repeat, long):
    assert too_long(repeat) is long


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("alarms: 7", "a list of alarms"),
        ("- x", "a list of alarms"),
        ("alarms: []", "alarms: the list is empty"),
        ("alarms: [x]", "alarm 1: fields such as"),
        ("alarms: [{displayName: x}]", "x: namespace: the field is missing"),
        ("{", "this is no YAML"),
        (f"alarms:\n  - {GOOD}\n    severity: ERROR", "line 2: this is no YAML: severity stands twice"),
        (f"alarms:\n  - {GOOD}\n  - {GOOD}", "a: displayName: two alarms have this name"),
        (f"alarms:\n  - {GOOD}\n    severty: INFO", "a: severty: there is no such field; severity is meant?"),
        (f"alarms:\n  - {GOOD}\n    colour: red", "a: colour: there is no such field."),
        (f"alarms:\n  - {GOOD.replace('INFO', 'LOUD')}", "a: severity: CRITICAL, ERROR, WARNING, INFO expected"),
        (f"alarms:\n  - {GOOD.replace('query: q[1m].max() > 0', 'query: [q]')}", "a: query: text expected"),
        (f"alarms:\n  - {GOOD}\n    pendingDuration: 5 minutes", "a: pendingDuration: an ISO 8601 duration expected"),
        (f"alarms:\n  - {GOOD}\n    pendingDuration: PT2H", "a: pendingDuration: OCI takes from PT1M to PT1H"),
        (f"alarms:\n  - {GOOD}\n    repeatNotificationDuration: P31D", "OCI takes from PT1M to P30D"),
        (f"alarms:\n  - {GOOD}\n    messageFormat: ONS_OPTIMIZED", "a: messageFormat: RAW expected"),
        (f"alarms:\n  - {GOOD}\n    isEnabled: 1", "a: isEnabled: true or false expected"),
        (
            f"alarms:\n  - {GOOD}\n    metricCompartmentId: ocid1.user.oc1..a",
            "a: metricCompartmentId: an OCID of type compartment",
        ),
        (f"alarms:\n  - {GOOD}\n    freeformTags: {{oci-connect-owner: me}}", "names that begin with oci-connect-"),
        (f"alarms:\n  - {GOOD}\n    freeformTags: {{{'k' * 101}: v}}", "names of 100"),
        (f"alarms:\n  - {GOOD}\n    overrides: [{{severity: LOUD}}]", "a: overrides: severity: CRITICAL"),
        (f"alarms:\n  - {GOOD}\n    overrides: [{{severity: INFO}}]", "a: overrides: ruleName: the field is missing"),
        (f"alarms:\n  - {GOOD}\n    overrides: [{{ruleName: x, loud: y}}]", "a: overrides: loud: there is no such field"),
    ],
)
def test_a_wrong_alarm_file_is_refused_by_field(tmp_path, text, sentence):
    file = tmp_path / "alarms.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as refused:
        definitions.read(str(file))
    assert str(refused.value).startswith(str(file)) and sentence in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    (tmp_path / "image").write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path / "nowhere", tmp_path, tmp_path / "image"):
        with pytest.raises(UsageError, match="cannot be read"):
            definitions.read(str(file))


def test_all_fields_of_an_alarm_are_taken(tmp_path):
    file = tmp_path / "alarms.yaml"
    file.write_text(f"""
alarms:
  - {GOOD}
    compartmentId: ocid1.compartment.oc1..a
    metricCompartmentId: ocid1.tenancy.oc1..a
    metricCompartmentIdInSubtree: true
    notificationTitle: T
    alarmSummary: S
    ruleName: BASE
    overrides: [{{ruleName: high, severity: CRITICAL, query: 'q[1m].max() > 0', body: b, pendingDuration: PT1M}}]
    freeformTags: {{team: web}}
    evaluationSlackDuration: PT3M
""")
    (alarm,) = definitions.read(str(file))
    assert alarm["overrides"][0]["severity"] == "CRITICAL"
    assert alarm["repeatNotificationDuration"] == "PT5M"


@pytest.mark.parametrize("name", sorted(path.stem for path in ALARM_SETS.glob("*.yaml")))
def test_each_set_of_alarms_is_right(name):
    text = (ALARM_SETS / f"{name}.yaml").read_text(encoding="utf-8")
    pages = re.findall(r"^  # https://docs\.oracle\.com/\S+\n  - displayName: ", text, re.MULTILINE)
    assert len(definitions.read(name)) == text.count("- displayName: ") == len(pages)
    if name != "default":
        assert all("Runbook: " in line for line in text.splitlines() if line.lstrip().startswith("body: "))


@pytest.mark.parametrize(
    "query",
    [
        "CpuUtilization[1m].mean() > 80",
        'Cpu[5m]{resourceId = "x", name =~ "web*"}.groupBy(region, resourceId).percentile(0.9) >= 1.5',
        "(Cpu[1m].max() > 80).grouping().sum()",
        "(A[1m].sum() / B[1h].count()) * 100 > -3 && C[1d].rate() != 0",
        "X[1m].absent(20m)",
        "X[1m].mean().grouping() > .5",
        "cpu[1m]{my-dim = 'a', other.dim != 'b'}.groupBy(my-dim, region).absent()",
        "success[1m].grouping().sum()/total[1m].grouping().sum() * 100 < 95",
        "X[1m].mean() not in (1, 2) || X[60m].last() in (3,4)",
    ],
)
def test_queries_of_the_grammar_are_taken(query):
    assert mql.wrong(query) == ""


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("CpuUtilization.mean() > 80", "character 15, before '.mean() > 80': [ expected"),
        ("Cpu[7x].mean() > 1", "character 5, before '7x].mean() >': an interval"),
        ("Cpu[1m].avarage() > 1", "character 9, before 'avarage() > ': a statistic"),
        ("Cpu[1m].mean() >", "character 17, at the end"),
        ("Cpu[1m].mean() > 80 80", "character 21, before '80': an operator"),
        ("Cpu[1m]{a = b}.mean() > 1", "before 'b}.mean() > ': text in quotes expected"),
        ("(Cpu[1m].mean() > 1", "at the end: ) expected"),
        ("Cpu[1m].groupBy(a) > 1", "a statistic expected"),
        ("Cpu[1m].mean() > 80 and Mem[1m].mean() > 1", "before 'and Mem[1m].': an operator"),
        ("Cpu[1m].mean() > \x1b", "a number or ( expected"),
        ("Cpu[1m].mean()", "character 15, at the end: a trigger rule expected, such as > 80 or .absent()"),
        ("80 > 70", "a metric expected"),
        ("Cpu[1m].mean() => 80", "before '=> 80': an operator"),
        ("Cpu[1m].mean() > 80m", "a number or ( expected"),
        ("Cpu[1m].percentile(95) > 1", "character 20, before '95) > 1': a number from 0 to 1"),
        ("Cpu[1m].mean(5) > 1", "before '5) > 1': ) expected"),
        ("Cpu[1m].groupBy().mean() > 1", "names of dimensions"),
        ("Cpu[1m].absent(5x)", "a time such as 20m"),
        ("Cpu[1m]{}.mean() > 1", "the name of a dimension"),
        ('Cpu[1m]{a = "b}.mean() > 1', "text in quotes expected"),
    ],
)
def test_a_wrong_query_is_refused_by_its_place(query, place):
    assert place in mql.wrong(query)
