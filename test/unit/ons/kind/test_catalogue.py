"""What the catalogue and the tables of metrics cost, in a process of their own, and when they are loaded."""

import os
import subprocess
import sys

import pytest

MAX_MEGABYTES, MAX_MILLISECONDS = 3, 10
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
TRIES = 3  # of which the best counts: other processes take turns on the machine

MEMORY = """
import importlib, tracemalloc
import plugin.ons.kind
from plugin.ons.kind import catalogue
from plugin.ons.kind.alarm import metrics, units
tracemalloc.start()
catalogue.all_types()
importlib.reload(metrics)
importlib.reload(units)
print(tracemalloc.get_traced_memory()[1] / 1e6)
"""
TIME = """
import time
import plugin.ons.kind
from plugin.ons.kind import catalogue
from plugin.ons.kind.alarm.metrics import METRICS
start = time.perf_counter()
catalogue.all_types()
[names.lower().split() for units in METRICS.values() for names in units.values()]
print((time.perf_counter() - start) * 1000)
"""
LOADED = """
from plugin.ons.kind import catalogue
from plugin.ons.recognise import recognise
from plugin.ons.transform import transform
from plugin.setting.option import Options
alarm = {"dedupeKey": "k", "type": "OK_TO_FIRING", "title": "t", "alarmMetaData": [{"query": "CpuUtilization[1m].mean() > 1"}]}
transform(recognise(alarm), Options())
print(catalogue.all_types.cache_info().currsize)
event = {"eventType": "com.oraclecloud.computeapi.x", "cloudEventsVersion": "0.1", "eventID": "e"}
transform(recognise(event), Options())
print(catalogue.all_types.cache_info().currsize)
"""


def printed(code):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=ENVIRONMENT)
    return run.stdout.split()


@pytest.mark.parametrize(("code", "limit"), [(MEMORY, MAX_MEGABYTES), (TIME, MAX_MILLISECONDS)])
def test_catalogue_and_tables_cost_little(code, limit):
    assert min(float(printed(code)[0]) for _ in range(TRIES)) <= limit


def test_the_catalogue_is_loaded_for_the_first_event_of_oci_and_not_for_an_alarm():
    assert printed(LOADED) == ["0", "1"]
