"""Run the image with podman as SpaceONE's supervisor does, call it and stop it."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from pathlib import Path

CONTAINER = "plugin-oci-ons-mon-webhook-trial"
FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # podman's default can exceed the machine's limit
PROCESSES = 4096
RUN = (
    *("podman", "--runtime=runc", "run", "--detach", f"--name={CONTAINER}", "--network=none"),
    *("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"),
    *(f"--ulimit=nofile={FILES}:{FILES}", f"--ulimit=nproc={PROCESSES}:{PROCESSES}"),
    "--no-healthcheck",  # it needs systemd; it is run once below
)
ASK = Path(__file__).with_name("ask.py")
WRITE = "open('/tmp/file', 'w')"
STOP_SECONDS = 15  # as many as deploy/ gives it
STATUS = {"Uid": "10001", "CapEff": "0000000000000000", "NoNewPrivs": "1"}  # of the process, in /proc


def run(name: str, healthcheck: list[str]) -> bool:
    """Run an image, print a line for each step, and return whether all went well."""
    _podman("rm", "--force", "--ignore", CONTAINER)
    begin = time.monotonic()
    started = _do(*RUN, name)
    if not _print("starts", started.returncode == 0, started.stderr):
        return False
    try:
        pid = _podman("inspect", "--format={{.State.Pid}}", CONTAINER)
        asked = _do("nsenter", f"--target={pid}", "--net", sys.executable, str(ASK))
        answered = time.monotonic() - begin
        status = _status(pid)
        checked = _do("podman", "exec", CONTAINER, *healthcheck)
        written = _do("podman", "exec", CONTAINER, "python", "-c", WRITE)
        return all(
            [
                _print("answers", asked.returncode == 0, f"after {answered:.1f} s\n{asked.stdout}{asked.stderr}"),
                _print("its process", status.items() >= STATUS.items(), ", ".join(f"{k} {v}" for k, v in status.items())),
                _print("HEALTHCHECK", checked.returncode == 0, f"status {checked.returncode}"),
                _print("cannot write", written.returncode != 0, written.stderr.strip().rpartition("\n")[2]),
                _stops(),
            ]
        )
    finally:
        _podman("rm", "--force", CONTAINER)


def _stops() -> bool:
    begin = time.monotonic()
    _podman("stop", f"--time={STOP_SECONDS}", CONTAINER)
    seconds = time.monotonic() - begin
    code = _podman("inspect", "--format={{.State.ExitCode}}", CONTAINER)
    logged = _do("podman", "logs", CONTAINER)
    good = _print("stops on SIGTERM", code == "0", f"status {code} after {seconds:.1f} s")
    return _print("its log", good, logged.stdout + logged.stderr)


def _status(pid: str) -> dict[str, str]:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    wanted = re.findall(r"^(Uid|CapEff|NoNewPrivs|VmRSS):\s+(\S+(?: kB)?)", text, re.MULTILINE)
    return dict(wanted)


def _print(step: str, good: bool, text: str) -> bool:
    first, *others = text.strip().splitlines() or [""]
    print(f"  {'ok' if good else 'FAILED':<7} {step:<17} {first}".rstrip())
    for line in others:
        print(f"{'':<28}{line}")
    sys.stdout.flush()
    return good


def _podman(*arguments: str) -> str:
    return _do("podman", *arguments).stdout.strip()


def _do(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120)
