"""The work for a message grows with its length and no faster, whichever of its lists or objects is long.

Work is counted in calls, of Python's and of C's functions, and not in seconds.
"""

import copy
import sys

import pytest

from corpus.cases import CASES, case_name, load_message
from corpus.spoil import parent_of, places
from plugin.error import ERROR_ONS
from plugin.model.event import Event
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
        batch = isinstance(arrived, Batch)
        for message in [recognise_record(each, arrived) for each in arrived.records] if batch else [arrived]:
            outcome = message and transform(message, Options())
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
