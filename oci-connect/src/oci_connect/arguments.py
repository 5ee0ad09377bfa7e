"""The command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from oci_connect import check
from oci_connect.error import UsageError

ALARM_FILE = Path(__file__).parent / "alarms/default.yaml"
PLANNED = ("apply", "attach", "detach", "remove")  # what `plan` can show
AUTHS = ("config", "instance_principal", "workload_identity", "resource_principal")
RECONCILING = ("drift", "reconcile", "doctor")
ONLY_FOR = {  # option -> the commands that know it: elsewhere somebody means something else by it
    "alarms": ("apply", "status", "remove"),
    "no_alarms": ("apply", "status"),
    "alarm": ("attach", "detach"),
    "their_topics": ("attach",),
    "events": ("apply", "status", "remove"),
    "events_compartment": ("apply", "status", "remove"),
    "audit": ("status",),
    "dry_run": (*PLANNED, "reconcile"),
    "token_file": RECONCILING,
    "settle": RECONCILING,
    "gone": RECONCILING,
    "every": ("reconcile",),
    "most_changes": ("reconcile",),
    "no_keep_alive": ("reconcile", "drift"),
    "no_replay": ("reconcile", "drift"),
    "status_port": ("reconcile",),
}
LONGEST_WAIT = 86400  # seconds
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
    config: str
    profile: str
    auth: str
    endpoint: str | None
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
        """Raise UsageError for what cannot be right."""
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
        if self.subject and self.command != "plan":
            raise UsageError(f"{self.subject}: only plan takes a second word.")
        for option, commands in ONLY_FOR.items():
            if getattr(self, option) and self.changes not in commands:
                raise UsageError(
                    f"--{option.replace('_', '-')}: {self.changes} does not know it, only {' and '.join(commands)}."
                )
        if self.no_alarms and self.alarms:
            raise UsageError("--no-alarms: it contradicts --alarms.")
        if not all(0 <= seconds <= LONGEST_WAIT for seconds in (self.wait, self.pause)):
            raise UsageError(f"--wait and --pause: seconds from 0 to {LONGEST_WAIT} expected.")

    @property
    def changes(self) -> str:
        """The command whose changes are to be made or shown: `plan` alone shows those of apply."""
        return self.subject or "apply" if self.command == "plan" else self.command

    @property
    def shows_only(self) -> bool:
        """Whether nothing may be changed."""
        return self.command == "plan" or self.dry_run
