"""What a person sees on a terminal of 60 and of 80 columns: lines end between words, and no word is lost."""

import json
import os
import pty
import re
import threading

import pytest

STREAM = "ocid1.stream.oc1.phx.theirs"
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def terminal(connect, tmp_path):
    """Run a command line on a terminal; return its exit status and the lines that it shows."""

    def run(columns, command, *more):
        master, slave = pty.openpty()
        for name in ("stdout", "stderr"):
            (tmp_path / name).unlink(missing_ok=True)
            (tmp_path / name).symlink_to(os.ttyname(slave))
        (tmp_path / "stdin").write_text("")
        environment = connect.environment(COLUMNS=str(columns), TERM="xterm")
        request = {"words": connect.words(command, *more), "environment": environment, "folder": str(tmp_path)}
        shown = bytearray()
        reader = threading.Thread(target=read, args=(master, shown))
        reader.start()
        print(json.dumps(request), file=connect.forks.stdin, flush=True)
        status = int(connect.forks.stdout.readline())
        os.close(slave)
        reader.join()
        os.close(master)
        return status, CODES.sub("", shown.decode()).replace("\r\n", "\n").replace("\r", "\n").splitlines()

    return run


def read(master, shown):
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:  # nobody has the terminal open any more
            return


@pytest.mark.parametrize("columns", [60, 80])
def test_lines_end_between_words(terminal, connect, oci, columns):
    oci.page_size = 10
    plans = [terminal(columns, "plan", "--events")]
    connect("apply", "--events")
    oci.hold_alarm("web CPU is high", destinations=[STREAM], repeatNotificationDuration="PT4H")
    for number in range(3):
        oci.hold_alarm(f"landing zone {number}", destinations=["ocid1.onstopic.oc1.phx.theirs"])
    plans += [terminal(columns, command) for command in ("plan attach", "plan remove", "status", "plan --all", "plan -x", "")]
    for status, lines in plans:
        assert status in (0, 2)
        assert max(map(len, lines)) <= columns
    policies, attach, status = (plans[number][1] for number in (0, 1, 3))
    assert "  Allow group WebhookAdmins to manage alarms in compartment" in [line[:59].rstrip() for line in policies]
    assert attach[-1] == "Sum: 1 attach, 7 unchanged"
    assert any(line.endswith("ACTIVE") for line in status)
