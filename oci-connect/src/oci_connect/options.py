"""The options of the command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

from oci_connect.arguments import AUTHS, PLANNED, Arguments
from oci_connect.error import UsageError

_TIME = re.compile(r"(\d+)([smh]?)", re.ASCII)


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
    _add_reconcile(parser)
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
    add("--alarms", metavar="FILE", help="the alarms that apply makes (default: those of oci-connect)")
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


def _add_reconcile(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--token-file", metavar="FILE", help="holds the token of the SpaceONE App (default: SPACEONE_TOKEN)")
    add("--settle", type=_seconds, metavar="TIME", help="drift, reconcile: leave alone what changed so lately (default: 5m)")
    add("--gone", action="store_true", help="reconcile: resolve alerts of alarms that were deleted or disabled in OCI")
    add("--every", type=_seconds, metavar="TIME", help="reconcile: go on, a cycle every so many minutes, as 5m")
    add("--most-changes", type=int, metavar="NUMBER", help="reconcile: change nothing if more is due (default: 20)")
    add("--no-keep-alive", action="store_true", help="reconcile: send no repeats for alarms that fire")
    add("--no-replay", action="store_true", help="reconcile: leave messages that failed as they are")
    add("--status-port", type=int, metavar="PORT", help="reconcile --every: serve /health and /metrics")


def _seconds(text: str) -> float:
    """Return the seconds of `90s`, `5m` or `1h`."""
    found = _TIME.fullmatch(text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError("a time as 90s, 5m or 1h expected")
    return int(found[1]) * {"s": 1, "": 1, "m": 60, "h": 3600}[found[2]]
