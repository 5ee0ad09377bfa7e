"""What the catalogue and the tables of metrics cost, in a process of their own, and when they are loaded."""

import os
import subprocess
import sys

MAX_MEGABYTES = 3
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

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


def test_catalogue_and_tables_take_little_memory():
    assert float(printed(MEMORY)[0]) <= MAX_MEGABYTES


def test_the_catalogue_is_loaded_for_the_first_event_of_oci_and_not_for_an_alarm():
    assert printed(LOADED) == ["0", "1"]
