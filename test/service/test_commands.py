"""The commands: each does its work, for a short time here, and answers a mistake with a sentence."""

import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys

import pytest

import run as run_command
import send as send_command
import show
from client import Client, read_message
from plugin.model.event import IgnoredReason
from plugin_process import ROOT, free_port, serve


@pytest.mark.slow
def test_the_fuzzer_finds_nothing_in_twenty_seconds(tmp_path):
    run = subprocess.run([ROOT / "bin/fuzz", "20"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(re.search(r"number_of_executed_units: (\d+)", run.stderr)[1]) > 100


@pytest.mark.slow
def test_the_benchmark_prints_its_ratios(tmp_path):
    run = subprocess.run(
        [ROOT / "bin/bench", "--rounds", "1", "--calls", "50", "--aged", "300", "--rest", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "calls at 8 against bytes echo" in run.stdout
    assert "aged memory against stock" in run.stdout
    assert "signed envelope" in run.stdout


@pytest.mark.slow
def test_a_short_soak_loses_no_call(tmp_path):
    run = subprocess.run([ROOT / "bin/soak", "0.25"], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr[-3000:]
    assert re.search(r"^\d+ calls in 15 s, \d+ a second, 0 lost$", run.stdout, re.M)


@pytest.fixture
def call(monkeypatch, capsys):
    """Return a function that calls a command's main in this process: its status, and what it prints."""

    def called(command, *words):
        monkeypatch.setattr(sys, "argv", [command.__name__, *words])
        try:
            status = command.main()
        except SystemExit as e:
            status = e.code
        return status, "".join(capsys.readouterr())

    return called


@pytest.fixture(scope="module")
def send(tmp_path_factory):
    """Return a function that runs bin/send against a plugin, and returns status and output."""
    with serve(tmp_path_factory.mktemp("send") / "log") as plugin:

        def run(*words, text=""):
            command = [ROOT / "bin/send", *words, "--to", plugin.target]
            done = subprocess.run(command, cwd=ROOT / "test/fixture", input=text, capture_output=True, text=True, timeout=60)
            return done.returncode, done.stdout + done.stderr

        yield run


def unfolded(printed):
    return " ".join(printed.split())


def test_bin_send_calls_each_method_of_the_plugin(send):
    status, printed = send("health")
    assert (status, printed.split()) == (0, ["Event", "SERVING", "Webhook", "SERVING", "server", "SERVING"])
    status, printed = send("init")
    assert (status, re.search(r"^  duplicate_event_time +604800$", printed, re.M) is None) == (0, False)
    assert send("verify", "--options", '{"language": "ko"}') == (0, "  options                      accepted\n")
    status, printed = send("verify", "--options", '{"langage": "ko"}')
    assert (status, "The option langage is refused" in printed) == (1, True)
    status, printed = send("parse", "-v", "alarm/firing_compute.json", "--options", '{"language": "ko"}')
    assert (status, "조건: CpuUtilization" in printed) == (0, True)


def test_bin_send_has_words_for_each_reason_to_ignore_a_message():
    assert show.REASONS.keys() == {reason.value for reason in IgnoredReason} | {""}


def test_bin_send_says_why_a_message_became_no_event(send):
    assert "neither a firing nor a recovery" in unfolded(send("parse", "alarm/insufficient_data.json")[1])
    assert "RECOVERY" in send("parse", "alarm/recovery_compute.json")[1]
    assert "older than a recovery of the same alarm" in unfolded(send("parse", "alarm/firing_compute.json")[1])
    assert "ALERT" in send("parse", "alarm/firing_compute.json", "--now")[1]
    event = "oci_event/compute_instance_action_end.json"
    printed = send("parse", event, "--options", '{"oci_events": "ignore"}')[1]
    assert "the option oci_events is ignore" in unfolded(printed)


def test_bin_send_with_files_alone_prints_a_line_of_json_for_each(send):
    files = ["alarm/firing_compute.json", "refused/empty.json", "-", "alarm/insufficient_data.json"]
    status, printed = send(*files, text='{"title": "hi"}')
    lines = [json.loads(line) for line in printed.splitlines()]
    assert status == 1
    assert [line["file"] for line in lines] == files
    assert [next(iter(line.keys() - {"file", "why_empty"})) for line in lines] == ["results", "error", "results", "results"]
    assert lines[-1]["why_empty"] == "no_state_change"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["parse", "x.json", "--options", "[1]"], "a JSON object is expected, in braces"),
        (["verify", "--options", "{"], "this is not JSON"),
        (["verify", "--options", '{"account": 1%s}' % ("0" * 400)], "a number in it is larger than protobuf allows"),
        (["verify", "--options", '{"account": ' * 5000 + "1" + "}" * 5000], "nested more deeply than protobuf allows"),
        (["parse"], "parse wants files with messages"),
        (["init", "x.json"], "init takes no files"),
        (["parse", "no such file"], "there is no such file"),
        (["verfy"], "verfy is neither a call nor a file; calls are parse, init, verify, health"),
        (["health"], "NOT SENT\n    no plugin answers at 127.0.0.1:"),
    ],
)
def test_bin_send_answers_a_mistake_with_a_sentence(call, words, sentence):
    status, printed = call(send_command, *words, "--to", f"127.0.0.1:{free_port()}")
    assert status in (1, 2)
    assert sentence in printed


def test_bin_run_refuses_a_port_that_is_taken(served):
    command = [ROOT / "bin/run", "--once", "--port", str(served.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"port {served.port} is taken")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "a"])
def test_bin_run_refuses_what_is_no_port(call, port):
    status, printed = call(run_command, "--once", "--port", port)
    assert (status, "a port from 1 to 65535 is expected" in printed) == (2, True)


@pytest.fixture
def run():
    """Return a function that runs `bin/run --once` at some width of the terminal: its status, and what it prints."""

    def once(*words, columns=80):
        done = subprocess.run(
            [ROOT / "bin/run", "--once", "--port", str(free_port()), *words],
            env=os.environ | {"COLUMNS": str(columns)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    return once


@pytest.mark.parametrize(("columns", "language"), [(80, "en"), (60, "ko")])
def test_bin_run_shows_a_firing_and_its_recovery_on_one_screen(run, columns, language):
    status, printed = run("--options", json.dumps({"language": language}), columns=columns)
    lines = printed.splitlines()
    assert (status, len(lines) <= 24) == (0, True)
    assert [line for line in lines if sum(map(show.cells, line)) > columns] == []
    assert re.findall(r"^  (ALERT|RECOVERY)  CRITICAL  High CPU Usage Alert", printed, re.MULTILINE) == ["ALERT", "RECOVERY"]
    assert lines[-1] == "Next: bin/run --once -v shows all fields."


def test_a_wide_letter_takes_two_cells_of_a_line_and_a_link_stays_whole():
    link = "https://example.com/" + "x" * 30
    lines = show.TerminalWrapper(20).wrap(f"가나다라 마바사아 자차카타 파하 {link}")
    assert lines == ["가나다라 마바사아", "자차카타 파하", link]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A directory with files as people have them."""
    folder = tmp_path_factory.mktemp("files")
    for name, content in {
        "with a mark": b"\xef\xbb\xbf" + b'{"title": "hello"}',
        "UTF-16": '{"title": "hello"}'.encode("utf-16"),
        "Latin-1": '{"title": "caf\u00e9"}'.encode("latin-1"),
        "empty": b"",
        "large": b" " * (1 << 20) + b'{"title": "hello"}',
        "half a character": b'{"title": "\\ud800"}',
    }.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", ["with a mark", "UTF-16"])
def test_a_file_of_another_encoding_that_json_has_is_read(files, name):
    assert read_message(str(files / name)) == {"title": "hello"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Latin-1", "this is no text in UTF-8"),
        ("empty", "this is not JSON"),
        ("large", "this is larger than the 1 MiB that the plugin takes"),
        ("half a character", "a text in it has half a character"),
        ("missing", "there is no such file"),
        (".", "this is a directory, not a file"),
    ],
)
def test_a_file_that_cannot_be_sent_is_told_with_a_sentence(call, served, files, name, sentence):
    status, printed = call(send_command, "parse", str(files / name), "--to", served.target)
    assert (status, "NOT SENT" in printed, "REFUSED" in printed) == (1, True, False)
    assert sentence in printed


def test_bin_run_prints_the_rest_when_a_file_cannot_be_sent(run, files):
    status, printed = run(str(files / "missing"), str(files / "UTF-16"))
    assert status == 1
    assert re.findall(r"^  (NOT SENT|ALERT)", printed, re.MULTILINE) == ["NOT SENT", "ALERT"]


@pytest.mark.slow
def test_bin_run_ends_without_a_word_when_nobody_reads_it():
    command = f"{ROOT}/bin/run --port {free_port()} | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_a_closed_terminal_ends_the_plugin_too():
    port = free_port()
    with subprocess.Popen([ROOT / "bin/run", "--port", str(port)], stdout=subprocess.PIPE, text=True) as shown:
        list(iter(shown.stdout.readline, f"Serving gRPC on port {port}; Ctrl-C ends it.\n"))
        shown.send_signal(signal.SIGHUP)
        assert shown.wait(20) == 0
    with Client(f"127.0.0.1:{port}") as client:
        assert not client.serving()


@pytest.mark.slow
def test_what_bin_run_shows_makes_no_later_firing_late():
    port = free_port()
    firing = ROOT / "test/fixture/alarm/firing_compute.json"
    with subprocess.Popen([ROOT / "bin/run", "-v", "--port", str(port)], stdout=subprocess.PIPE, text=True) as shown:
        try:
            printed = "".join(iter(shown.stdout.readline, f"Serving gRPC on port {port}; Ctrl-C ends it.\n"))
            times = [dt.datetime.fromisoformat(text) for text in re.findall(r"occurred_at +(\S+)Z$", printed, re.M)]
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            assert [abs((now - each).total_seconds()) < 60 for each in times] == [True, True]
            with Client(f"127.0.0.1:{port}") as client:
                assert [event["event_type"] for event in client.parse(read_message(str(firing)))] == ["ALERT"]
        finally:
            shown.terminate()
            assert shown.wait(20) == 0


def test_bin_run_takes_options():
    command = [ROOT / "bin/run", "--once", "--port", str(free_port()), "--options"]
    done = subprocess.run([*command, '{"language": "ko"}'], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "복구됨" in done.stdout) == (0, True)


def test_bin_run_refuses_options_that_are_no_object(call):
    status, printed = call(run_command, "--once", "--options", "[1]")
    assert (status, "a JSON object is expected" in printed) == (2, True)
