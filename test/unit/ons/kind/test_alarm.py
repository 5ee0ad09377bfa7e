"""What is measured, by what, and what a person calls it: rules that hold for every service of Oracle's."""

import time

import pytest

from plugin.ons.kind.alarm.dimensions import resource_of
from plugin.ons.kind.alarm.labels import label_streams
from plugin.ons.kind.alarm.query import Expression, fixed_dimensions, read_expression
from plugin.ons.kind.alarm.streams import Measurement, Stream
from plugin.ons.kind.alarm.units import unit
from plugin.ons.recognise import recognise
from plugin.ons.text import MAX_LINES
from plugin.ons.transform import transform
from plugin.setting.option import Options

MAX_SECONDS = 4  # what is quadratic in 64 kB takes far longer, on any machine


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("CpuUtilization[1m].mean() > 80", "CpuUtilization"),
        ('my_app.success_rate[5m]{a = "x - y"}.absent()', "my_app.success_rate"),
        ('app-errors$x[1m]{a = "b{c}d"}.sum() > -5', "app-errors$x"),
        ("disUtil[1m].mean() not in (1, 2)", "disUtil"),
        ("HTTP.isHealthy", "HTTP.isHealthy"),
    ],
)
def test_the_name_of_a_metric_stands_before_its_interval(query, name):
    assert read_expression(query).name == name
    assert read_expression(query).is_metric


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("100-CpuIdle[1m].mean() < 5", "100-CpuIdle[1m].mean()"),
        ("A[1m].mean()-5 > 3", "A[1m].mean()-5"),
        ("A[1m].mean() - 5 > 3", "A[1m].mean() - 5"),
        ('(A[1m].sum()/B[1m]{z = "1"}.sum())*100 > 5', "(A[1m].sum()/B[1m].sum())*100"),
        ('A[1m]{z = "1"}.mean() > 5 && B[1m].mean() > 6', "A[1m].mean() > 5 && B[1m].mean() > 6"),
    ],
)
def test_an_expression_is_named_by_itself_without_its_filters(query, name):
    assert read_expression(query).name == name
    assert not read_expression(query).is_metric


def test_a_dimension_is_fixed_where_the_query_gives_it_one_value():
    assert fixed_dimensions('A[1m]{a = "1", b != "2", c =~ "3"}.mean() > 1') == {"a"}
    assert fixed_dimensions('A[1m]{a = "1"}.mean() > 1 && B[1m]{a = "2"}.mean() > 1') == frozenset()
    assert read_expression("") == Expression()


@pytest.mark.parametrize(
    "spelling", ["resourceName", "ResourceName", "RESOURCENAME", "resource_name", "MonitorName", "fooDisplayName"]
)
def test_a_resource_has_its_name_in_any_spelling(spelling):
    assert resource_of({spelling: "web-01", "region": "ap-seoul-1"}, "any") == ("", "web-01")


def test_the_name_beside_the_id_is_the_name_of_the_resource():
    dimensions = {"ExtractName": "EXT1", "deploymentName": "gg01", "deploymentId": "ocid1.goldengatedeployment.oc1.icn.a"}
    assert resource_of(dimensions, "oci_goldengate")[1] == "gg01"


@pytest.mark.parametrize("nothing", ["not applicable", "Not Applicable", "N/A", "none", "null", "-"])
def test_what_says_that_there_is_nothing_is_no_name_and_no_id(nothing):
    dimensions = {"resourceName": nothing, "resourceId": nothing, "queueName": "orders"}
    assert resource_of(dimensions, "any") == ("", "orders")


@pytest.mark.parametrize("fixed", [frozenset(), frozenset({"nodeRole"})])
def test_what_the_query_fixes_is_no_part_of_a_resource(fixed):
    stream = Stream(dimensions={"resourceName": "pg", "nodeRole": "primary"}, name="pg", fixed=fixed)
    assert label_streams([stream]) == ["pg" if fixed else "pg, nodeRole primary"]


@pytest.mark.parametrize("length", [1, 100, 2000])
def test_two_lines_never_look_alike_where_their_streams_differ(length):
    padding = "x" * length
    metas = [
        {
            "namespace": "custom",
            "query": "q[1m].mean() > 1",
            "dimensions": [{"host": f"{padding}{i}{padding}", "a": padding, "b": f"{i}{padding}"} for i in range(MAX_LINES)],
            "metricValues": [{f"metric{n}[1m].mean()": "1" for n in range(6)}] * MAX_LINES,
        }
    ]
    body = {"dedupeKey": "k", "type": "OK_TO_FIRING", "title": "t", "body": padding, "alarmMetaData": metas}
    lines = [line for line in transform(recognise(body), Options()).description.splitlines() if line.startswith("- ")]
    assert len(lines) == len(set(lines)) == MAX_LINES


@pytest.mark.parametrize(("dimensions", "title"), [([], "CPU"), ([{"host": "a"}], "CPU (a +5)")], ids=["none", "one"])
def test_a_title_counts_further_streams_only_behind_a_name(dimensions, title):
    meta = {"query": "q[1m].mean() > 1", "dimensions": dimensions, "metricValues": [{"q[1m].mean()": "1"}] * (MAX_LINES + 5)}
    body = {"dedupeKey": "k", "type": "OK_TO_FIRING", "title": "CPU", "alarmMetaData": [meta]}
    assert transform(recognise(body), Options()).to_dict()["title"] == title


def test_of_many_values_in_a_stream_the_rest_is_counted():
    stream = Stream(measurements=tuple(Measurement(f"m{i}", "1") for i in range(11)))
    assert stream.line("web").endswith("m7 = 1, +3")


@pytest.mark.parametrize("text", ["a", "a ", "{", '{"', ".a", "1-", "a=", 'a="', "(", "a [", " ", "{{", "/p/", "&", "a: "])
@pytest.mark.parametrize("field", ["query", "key", "dimension", "body"])
def test_what_is_read_of_an_alarm_of_64_kb_is_linear(text, field):
    long = (text * 64_000)[:64_000]
    meta = {
        "namespace": "custom",
        "query": f"a{long}b" if field == "query" else "q[1m].mean() > 1",
        "dimensions": [{"host": f"h{long}" if field == "dimension" else "web"}] * 3,
        "metricValues": [{f"a{long}b" if field == "key" else "q[1m].mean()": "1"}],
    }
    body = {
        "dedupeKey": "k",
        "type": "OK_TO_FIRING",
        "title": "t",
        "body": long if field == "body" else "b",
        "alarmMetaData": [meta],
    }
    start = time.thread_time()
    assert transform(recognise(body), Options()).event_key == "k"
    assert time.thread_time() - start < MAX_SECONDS


@pytest.mark.parametrize(
    ("metric", "known"),
    [
        ("memUtilization", "%"),
        ("cpu_percent", "%"),
        ("disk.used_pct", "%"),
        ("heap_bytes", "B"),
        ("bytes", "B"),
        ("heapUsedMegabytes", "MB"),
        ("UsedMegaBytes", "MB"),
        ("totalGigabytes", "GB"),
        ("latencyMs", "ms"),
        ("latency_ms", "ms"),
        ("elapsedMilliseconds", "ms"),
        ("gc_microseconds", "µs"),
        ("durationSeconds", "s"),
        ("uptime-seconds", "s"),
        ("ageInDays", "d"),
        ("activeVMs", ""),
        ("items", ""),
        ("megabits", ""),
        ("requests", ""),
    ],
)
def test_a_unit_is_known_by_the_ending_of_a_metrics_name(metric, known):
    assert unit("custom", metric) == known
