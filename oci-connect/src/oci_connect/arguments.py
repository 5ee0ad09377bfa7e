"""The command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from oci_connect import check
from oci_connect.error import UsageError

ALARM_SETS = Path(__file__).parent / "alarms"
AUTHS = (
    "config",
    "api_key",
    "security_token",
    "instance_principal",
    "instance_obo_user",
    "workload_identity",
    "oke_workload_identity",
    "resource_principal",
)  # ours, and those of Oracle's own command line
MAX_WAIT = 86400  # seconds
MAX_RETRY_HOURS = 72
MAX_RATE = 1000
COMPARTMENTS = ("compartment", "tenancy")  # a tenancy is its root compartment


class Arguments(argparse.Namespace):
    """The arguments, with their types."""

    command: str
    subject: str | None
    webhook_url: str | None
    webhook_url_file: str | None
    compartment: list[str]
    subtree: bool
    region: list[str]
    name: str
    topic: str | None
    alarms: str | None
    no_alarms: bool
    events: bool
    events_compartment: str | None
    alarm: list[str]
    their_topics: bool
    audit: bool
    force: bool
    all: bool
    detailed_exitcode: bool
    retry_hours: float
    freeform_tag: list[str]
    defined_tag: list[str]
    config: str
    profile: str
    auth: str
    endpoint: str | None
    rate: float
    wait: float
    pause: float
    dry_run: bool
    yes: bool
    json: bool
    token_file: str | None
    settle: float | None
    gone: bool
    every: float | None
    most_changes: int | None
    no_keep_alive: bool
    no_replay: bool
    status_port: int | None

    def check(self) -> None:
        """Raise UsageError for invalid arguments."""
        if not self.compartment and not (self.command == "test" and self.topic):
            raise UsageError("--compartment: the OCID of a compartment is needed.")
        for ocid in self.compartment:
            check.ocid(ocid, "--compartment", *COMPARTMENTS)
        if self.topic:
            check.ocid(self.topic, "--topic", "onstopic")
        if self.events_compartment:
            check.ocid(self.events_compartment, "--events-compartment", *COMPARTMENTS)
        for region in self.region:
            check.region(region)
        check.topic_name(self.name)
        if self.endpoint:
            check.endpoint(self.endpoint)
        self._check_together()

    def _check_together(self) -> None:
        if self.topic and len(self.region) > 1:
            raise UsageError("--topic: a topic lives in one region: name one --region, or use --name.")
        if self.no_alarms and self.alarms:
            raise UsageError("--no-alarms: it contradicts --alarms.")
        if not all(0 <= seconds <= MAX_WAIT for seconds in (self.wait, self.pause)):
            raise UsageError(f"--wait and --pause: seconds from 0 to {MAX_WAIT} expected.")
        if not 2 <= self.retry_hours <= MAX_RETRY_HOURS:
            raise UsageError(f"--retry-hours: hours from 2 to {MAX_RETRY_HOURS} expected.")
        if not 0 <= self.rate <= MAX_RATE:
            raise UsageError(f"--rate: operations a second from 0 to {MAX_RATE} expected.")
        check.tags(self.freeform_tag, self.defined_tag)

    @property
    def changes(self) -> str:
        """The command whose changes are made or shown; for `plan` without a command, apply."""
        return self.subject or "apply" if self.command == "plan" else self.command

    @property
    def shows_only(self) -> bool:
        """Whether nothing may be changed."""
        return self.command == "plan" or self.dry_run
