"""Measure status and plan attach at scale on the stand-in for OCI: 2,000 alarms in 301 compartments of 3 regions, 30 ms a call.

PYTHONPATH=src:oci-connect/src:tool:test python oci-connect/test/scale.py PYTHON_WITH_THE_SDK [ALARMS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from standin.certificates import rsa_key
from standin.oci import MODELS, StandinOci

TENANCY = "ocid1.tenancy.oc1..aaaa"
REGIONS = ("ap-seoul-1", "us-phoenix-1", "eu-frankfurt-1")
COMPARTMENTS, DELAY = 300, 0.03
FIELDS = [
    "name",
    "compartmentId",
    "description",
    "freeformTags",
    "definedTags",
    "topicId",
    "protocol",
    "endpoint",
    "deliveryPolicy",
]

ROOT = Path(__file__).parents[2]


def main(python: str, alarms: int = 2000) -> None:
    """Print a line for each command with the limit lifted, and at 10 alarm operations a second."""
    key, folder = rsa_key(), Path(tempfile.mkdtemp())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "config").write_text(
        f"[DEFAULT]\nuser=ocid1.user.oc1..a\ntenancy={TENANCY}\nregion={REGIONS[0]}\n"
        f"key_file={folder}/key.pem\nfingerprint={':'.join(['00'] * 16)}\n"
    )
    for file in folder.iterdir():
        file.chmod(0o600)
    oci = StandinOci(key.public_key(), {name: {"fields": FIELDS, "required": []} for name in MODELS.values()})
    oci.page_size, oci.confirms_itself, oci.most_alarms = 1000, True, alarms
    places = [f"ocid1.compartment.oc1..c{number}" for number in range(COMPARTMENTS)]
    oci.children = {TENANCY: [(place, f"c{number}", "ACTIVE") for number, place in enumerate(places)]}
    for number in range(alarms):
        region, place = REGIONS[number % len(REGIONS)], places[number % COMPARTMENTS]
        oci.hold_alarm(f"alarm {number}", region=region, compartment=place, destinations=["ocid1.stream.oc1.phx.s"])
    words = ["--config", f"{folder}/config", "--endpoint", oci.url + "/{region}", "--compartment", TENANCY]
    for region in REGIONS:
        words += ["--region", region]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "oci-connect/src"),
        "SPACEONE_WEBHOOK_URL": "https://spaceone.example.com/x/y",
        "NO_PROXY": "127.0.0.1",
    }

    def run(*command: str) -> None:
        oci.asked.clear()
        begun = time.monotonic()
        ended = subprocess.run(
            [python, "-W", "ignore", "-m", "oci_connect", *command, *words], env=environment, capture_output=True, text=True
        )
        took = time.monotonic() - begun
        operations = sum("/20180401/" in asked for asked in oci.asked)
        lists = sum("/alarms?" in asked for asked in oci.asked)
        print(
            f"{' '.join(command):<40} {took:6.1f} s  {len(oci.asked):5} calls  {operations:5} alarm operations  {lists:3} lists",
            flush=True,
        )
        if ended.returncode not in (0, 4):
            print(ended.stdout[-300:], ended.stderr[-600:])

    run("apply", "--no-alarms", "--rate", "0")
    oci.delay = DELAY
    run("plan", "attach", "--subtree", "--rate", "0")
    run("status", "--subtree", "--rate", "0")
    run("status", "--subtree", "--rate", "10")
    run("plan", "attach", "--subtree", "--rate", "10")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
