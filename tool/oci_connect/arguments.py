"""The command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from oci_connect.error import UsageError

ALARM_FILE = Path(__file__).resolve().parent.parent.parent / "deploy/oci/alarms.yaml"


class Arguments(argparse.Namespace):
    """The arguments, with their types."""

    command: str
    webhook_url: str
    compartment: str
    name: str
    topic: str | None
    alarms: str
    config: str
    profile: str
    region: str | None
    auth: str
    endpoint: str | None
    wait: float
    pause: float
    yes: bool
    json: bool

    @property
    def host(self) -> str:
        """The webhook's host: it alone is printed, for the rest of the URL holds the access key."""
        try:
            return urlsplit(self.webhook_url).hostname or ""
        except ValueError:
            return ""

    def check(self) -> None:
        """Raise UsageError if the webhook's URL is none."""
        if not self.host:
            raise UsageError("--webhook-url: a URL expected.")


def parse(description: str, commands: Iterable[str]) -> Arguments:
    """Read the command line; argparse ends the process with status 2 if it is wrong."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="bin/oci-connect", description=description, formatter_class=raw)
    parser.add_argument("command", choices=tuple(commands))
    parser.add_argument("--webhook-url", required=True, metavar="URL", help="SpaceONE's webhook URL, or the relay's")
    parser.add_argument("--compartment", required=True, metavar="OCID")
    parser.add_argument("--name", default="SpaceONE-Webhook-Topic", help="of the topic (default: %(default)s)")
    parser.add_argument("--topic", metavar="OCID", help="use this existing topic")
    parser.add_argument("--alarms", default=str(ALARM_FILE), metavar="FILE", help="default: deploy/oci/alarms.yaml")
    parser.add_argument("--config", default="~/.oci/config", metavar="FILE")
    parser.add_argument("--profile", default="DEFAULT")
    parser.add_argument("--region")
    parser.add_argument("--auth", choices=("config", "instance_principal"), default="config")
    parser.add_argument("--endpoint", metavar="URL", help="of a private endpoint, for all services")
    parser.add_argument("--wait", type=float, default=300, metavar="SECONDS", help="for the confirmation")
    parser.add_argument("--pause", type=float, default=10, metavar="SECONDS", help="between the two messages of test")
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    parser.add_argument("--json", action="store_true", help="print the steps as one JSON object")
    return parser.parse_args(namespace=Arguments())
