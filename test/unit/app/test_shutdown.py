"""The signals that ask the process to end: real ones, in a bare interpreter of its own."""

import subprocess
import sys

import pytest

BEGIN = """
import os, select, signal, time
from plugin.app.shutdown import ShutdownSignals
signals = ShutdownSignals()
"""


def run(code):
    ended = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_a_wait_and_not_the_process(number):
    code = f"os.kill(os.getpid(), signal.{number}); print(signals.wait(5), signals.wait(0))"
    assert run(code) == ["True", "False"]


def test_each_signal_is_waited_for_once():
    code = """
for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
    os.kill(os.getpid(), number)
print(signals.wait(5), signals.wait(5), signals.wait(5), signals.wait(0))
"""
    assert run(code) == ["True", "True", "True", "False"]


def test_without_a_signal_a_wait_takes_its_time():
    code = """
begun = time.monotonic()
print(signals.wait(0.2), 0.15 < time.monotonic() - begun < 2)
"""
    assert run(code) == ["False", "True"]


def test_a_wait_without_limit_ends_with_the_signal():
    code = """
import threading
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
begun = time.monotonic()
print(signals.wait(), 0.1 < time.monotonic() - begun < 5)
"""
    assert run(code) == ["True", "True"]


def test_no_signal_is_missed_whenever_it_comes():
    """Five hundred of them, each within the few microseconds around the beginning of a wait."""
    code = """
import random
signal.signal(signal.SIGALRM, lambda *_: None)
caught = 0
for _ in range(500):
    signal.setitimer(signal.ITIMER_REAL, 1e-6 + random.random() * 60e-6)
    caught += signals.wait(10)
print(caught, signals.wait(0))
"""
    assert run(code) == ["500", "False"]


def test_more_signals_than_the_pipe_holds_do_not_hang_the_process():
    code = """
signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
for _ in range(70_000):
    signal.raise_signal(signal.SIGTERM)
print(signals.wait(0))
"""
    assert run(code) == ["True"]
