"""The command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from oci_connect import check
from oci_connect.error import UsageError

ALARM_FILE = Path(__file__).resolve().parent.parent.parent / "deploy/oci/alarms.yaml"
PLANNED = ("apply", "attach", "detach", "remove")  # what `plan` can show
AUTHS = ("config", "instance_principal", "workload_identity", "resource_principal")
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
        self._check_together()

    def _check_together(self) -> None:
        if self.topic and len(self.region) > 1:
            raise UsageError("--topic: a topic lives in one region: name one --region, or use --name.")
        if self.subject and self.command != "plan":
            raise UsageError(f"{self.subject}: only plan takes a second word.")
        if self.no_alarms and self.alarms:
            raise UsageError("--no-alarms: it contradicts --alarms.")
        if self.wait < 0 or self.pause < 0:
            raise UsageError("--wait and --pause: seconds from 0 expected.")

    @property
    def changes(self) -> str:
        """The command whose changes are to be made or shown: `plan` alone shows those of apply."""
        return self.subject or "apply" if self.command == "plan" else self.command

    @property
    def shows_only(self) -> bool:
        """Whether nothing may be changed."""
        return self.command == "plan" or self.dry_run


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See bin/oci-connect --help.")


def parse(words: Sequence[str], description: str, commands: Iterable[str]) -> Arguments:
    """Read the command line; raise UsageError if it is wrong."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="bin/oci-connect", description=description, formatter_class=raw, allow_abbrev=False)
    parser.add_argument("command", choices=tuple(commands), metavar="COMMAND")
    parser.add_argument("subject", nargs="?", choices=PLANNED, metavar="COMMAND", help="plan shows what this would do")
    _add_what(parser)
    _add_how(parser)
    return parser.parse_args(words, namespace=Arguments())


def _add_what(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--compartment", action="append", default=[], metavar="OCID", help="may be repeated; the topic lives in the first")
    add("--subtree", action="store_true", help="the compartments below them too")
    add("--region", action="append", default=[], help="may be repeated: a topic in each (default: the profile's region)")
    add("--name", default="SpaceONE-Webhook-Topic", help="of the topic (default: %(default)s); a team needs one of its own")
    add("--topic", metavar="OCID", help="use this existing topic")
    add("--webhook-url-file", metavar="FILE", help="holds SpaceONE's webhook URL, or the relay's")
    add("--webhook-url", metavar="URL", help="the same, but `ps` shows it (default: SPACEONE_WEBHOOK_URL, else asked for)")
    add("--alarms", metavar="FILE", help="the alarms of apply (default: deploy/oci/alarms.yaml)")
    add("--no-alarms", action="store_true", help="apply: topic and subscription only, for attach")
    add("--events", action="store_true", help="apply: rules for Cloud Guard, budgets and critical database events too")
    add("--events-compartment", metavar="OCID", help="of the rules: the tenancy sees budgets (default: the first compartment)")
    add("--alarm", action="append", default=[], metavar="PATTERN", help="attach, detach: alarms with such names, as 'web *'")
    add("--their-topics", action="store_true", help="attach: subscribe the webhook to topics that alarms have already")
    add("--audit", action="store_true", help="status: who changed alarms and topics in the last 24 hours")


def _add_how(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--config", default="~/.oci/config", metavar="FILE")
    add("--profile", default="DEFAULT")
    add("--auth", choices=AUTHS, default="config", help="who asks (default: the profile of the config file)")
    add("--endpoint", metavar="URL", help="of a private endpoint for all services; {region} stands for the region")
    add("--wait", type=float, default=300, metavar="SECONDS", help="for the confirmation (default: %(default)s)")
    add("--pause", type=float, default=10, metavar="SECONDS", help="between the two messages of test (default: %(default)s)")
    add("--dry-run", action="store_true", help="show what would be done, as plan does")
    add("--yes", action="store_true", help="do it without asking")
    add("--json", action="store_true", help="print one JSON object")
