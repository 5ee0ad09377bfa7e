"""The work for a message grows with its length and no faster, whichever of its lists or objects is long.

Work is counted in calls, of Python's and of C's functions, and not in seconds. What a pattern costs is not seen by that: so texts
that are hostile to patterns have a test of their own.
"""

import contextlib
import copy
import re
import statistics
import sys
import time
import tracemalloc

import pytest

from corpus.cases import CASES, case_name, load_message
from corpus.spoil import parent_of, places
from plugin.error import ERROR_ONS
from plugin.model.event import Event
from plugin.ons.kind import pairs
from plugin.ons.message import Batch
from plugin.ons.recognise import recognise, recognise_record
from plugin.ons.transform import transform
from plugin.setting.option import Options

LENGTHS = (25, 50, 100)
NOT_TRANSFORMED = {"refused", "confirmation", "found"}
NOISE = 300  # calls: caches that are filled, bounds that are reached
LONG = {
    "alarm/grouped_four_instances",
    "alarm/two_alarms_in_one_message",
    "alarm/joined_metrics",
    "alarm/ratio_of_two_metrics",
    "cloud_guard/impacted_resource",
    "cloud_guard/additional_details",
    "budget/reset_by_type",
    "oci_event/names_of_targets",
    "log_record/audit",
    "announcement/outage",
    "batch/connector_hub_in_an_envelope",
    "notice/status_resolved_closes",
}


def containers():
    """Return a case and the place of one of its lists or objects, for each of them."""
    first_of_kind = {path.parent.name: path for path in reversed(CASES) if path.parent.name not in NOT_TRANSFORMED}
    paths = {*first_of_kind.values(), *(path for path in CASES if case_name(path) in LONG)}
    return [
        pytest.param(load_message(path), place, id=f"{case_name(path)}:{'.'.join(map(str, place)) or 'all'}")
        for path in sorted(paths)
        for place in [(), *places(load_message(path))]
        if isinstance(value_at(load_message(path), place), (dict, list)) and value_at(load_message(path), place)
    ]


def value_at(body, place):
    return parent_of(body, place)[place[-1]] if place else body


def lengthened(body, place, length):
    """Return the message with so many copies of a list's items, or of an object's fields, each with texts of its own."""
    body = copy.deepcopy(body)
    value = value_at(body, place)
    if isinstance(value, list):
        value[:] = [renamed(value[i % len(value)], i) for i in range(length)]
    else:
        key, field = next(iter(value.items()))
        value |= {f"{key}{i}": renamed(field, i) for i in range(length)}
    return body


def renamed(value, number):
    if isinstance(value, dict):
        return {key: renamed(each, number) if isinstance(each, str) else each for key, each in value.items()}
    return f"{value} {number}" if isinstance(value, str) else value


def work(body):
    """Return how many calls a message costs."""
    calls = 0

    def count(frame, event, arg):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        arrived = recognise(body)
        records = [recognise_record(each, arrived) for each in arrived.records] if isinstance(arrived, Batch) else [arrived]
        for message in filter(None, records):
            outcome = transform(message, Options())
            if isinstance(outcome, Event):
                outcome.to_dict()
    except ERROR_ONS:
        return 0
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(("body", "place"), containers())
def test_the_work_grows_no_faster_than_the_message(body, place):
    few, more, many = (work(lengthened(body, place, length)) for length in LENGTHS)
    assert many - more <= 2.2 * max(more - few, 0) + NOISE, (few, more, many)


HOSTILE_BYTES = {False: 10_000, True: 40_000}  # in texts; in types
WORD = re.compile("[A-Za-z]{4,}")
SIGNS = [
    "{{",
    '{"',
    '{"{" ',
    "/p/",
    "/p/x/n/",
    "objectstorage.",
    "&#1",
    "&lt;",
    " ",
    "a: ",
    "1-",
    "0",
    "(",
    "}",
    "\ud800",
    "\n",
    "[",
    "é",
]
TYPES = {"eventType", "type", "status"}
OF_KINDS = {
    "alarm/joined_metrics",
    "cloud_guard/impacted_resource",
    "budget/reset_by_type",
    "oci_event/critical_that_is_no_pair",
    "log_record/audit",
    "announcement/outage",
    "notice/status_resolved_closes",
    "alarm_specification/specification_message",
}


def hostile_texts(length):
    """Return texts of that length, each of one word of the plugin's own patterns, or of a sign."""
    modules = [module for name, module in sys.modules.items() if name.startswith("plugin.ons.")]
    patterns = [value for module in modules for value in vars(module).values() if isinstance(value, re.Pattern)]
    words = {
        word for pattern in [*patterns, *(pattern for pattern, _ in pairs._PATTERNS)] for word in WORD.findall(pattern.pattern)
    }
    return {word: word * (length // len(word)) for word in sorted(words) + SIGNS}


def cost(body):
    start = time.process_time()
    with contextlib.suppress(ERROR_ONS):
        outcome = transform(recognise(body), Options())
        if isinstance(outcome, Event):
            outcome.to_dict()
    return time.process_time() - start


def with_texts(body, text, *, in_types=False):
    """Return the message with the text behind each text of it: those that tell its type, or all others."""
    hostile = copy.deepcopy(body)
    for place in places(body):
        if isinstance(value_at(body, place), str) and (place[-1] in TYPES) is in_types:
            parent_of(hostile, place)[place[-1]] += text
    return hostile


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", [pytest.param(path, id=case_name(path)) for path in CASES if case_name(path) in OF_KINDS])
@pytest.mark.parametrize("in_types", [False, True], ids=["texts", "types"])
def test_no_text_costs_much_more_than_others_of_its_length(path, in_types):
    texts = hostile_texts(HOSTILE_BYTES[in_types])
    bodies = {word: with_texts(load_message(path), text, in_types=in_types) for word, text in texts.items()}
    costs = {word: cost(body) for word, body in bodies.items()}
    most = 20 * statistics.median(costs.values()) + 0.1  # seconds; what grows with the square of these lengths takes several
    costly = {word: min(cost(bodies[word]), cost(bodies[word])) for word, seconds in costs.items() if seconds > most}
    assert {word for word, seconds in costly.items() if seconds > most} == set(), (most, costly)


def test_an_entity_of_any_length_costs_no_alarm():
    for text in ("&#" + "1" * 5000, "&#" + "9" * 60_000 + ";", "&#x" + "f" * 60_000):
        for path in CASES:
            if case_name(path) in OF_KINDS:
                body = with_texts(load_message(path), text)
                with contextlib.suppress(ERROR_ONS):
                    transform(recognise(body), Options())


@pytest.mark.exhaustive
def test_nothing_that_a_sender_chooses_is_kept():
    """Caches are shared by all senders: long keys and queries must not fill the memory."""

    def send(numbers):
        for number in numbers:
            long = f"{number:03} " + "x🔥" * 50_000
            stream = {long: "a", "resourceName": "b"}
            meta = {"status": "FIRING", "query": long, "dimensions": [stream], "metricValues": [{long + "[1m].max()": 1}]}
            transform(recognise({"title": "t", "type": "OK_TO_FIRING", "alarmMetaData": [meta]}), Options()).to_dict()
            event = {"eventType": f"com.oraclecloud.{long}", "cloudEventsVersion": "0.1", "data": {"additionalDetails": stream}}
            transform(recognise(event), Options()).to_dict()

    send(range(3))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    send(range(3, 43))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 6_000_000
