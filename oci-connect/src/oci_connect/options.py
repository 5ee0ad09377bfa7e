"""The parser of the command line, built from the table of options."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from oci_connect import __version__
from oci_connect.arguments import AUTHS, Arguments
from oci_connect.commands import COMMANDS, PLAN_ONLY, PLANNED, options_of
from oci_connect.error import UsageError
from oci_connect.wrapping import hanging

PROGRAM = "oci-connect"
HELP = f"""Connect the alarms of Oracle Cloud (OCI) to a SpaceONE webhook.

{{commands}}

`{PROGRAM} COMMAND --help` shows a command's options and examples. Oracle's SDK (300 to 600 MB) is not loaded by help.

Exit status: 0 done, 1 refused by OCI, 2 wrong usage, 3 timed out, 4 not in order, 5 something to change \
(plan --detailed-exitcode), 70 a fault of {PROGRAM}, 130 interrupted. All is described in docs/oci-connect.md.
"""
CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")
TIME = re.compile(r"(\d{1,6})([smh]?)", re.ASCII)


def seconds(text: str) -> float:
    """Return the seconds of `90s`, `5m` or `1h`."""
    found = TIME.fullmatch(text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError("a time as 90s, 5m or 1h expected")
    return int(found[1]) * {"s": 1, "": 1, "m": 60, "h": 3600}[found[2]]


REPEATED = {"action": "append", "default": []}
SWITCH = {"action": "store_true"}
OPTIONS: dict[str, dict[str, Any]] = {
    "compartment": {**REPEATED, "metavar": "OCID", "help": "may be repeated; the topic lives in the first"},
    "subtree": {**SWITCH, "help": "the compartments below them too; of a tenancy, one list a region"},
    "region": {**REPEATED, "help": "may be repeated: a topic in each (default: OCI_CLI_REGION, the profile's, OCI_REGION)"},
    "name": {"default": "SpaceONE-Webhook-Topic", "help": "of the topic (default: %(default)s); a team needs one of its own"},
    "topic": {"metavar": "OCID", "help": "use this existing topic"},
    "webhook-url-file": {"metavar": "FILE", "help": "holds SpaceONE's webhook URL, or the relay's"},
    "webhook-url": {"metavar": "URL", "help": "the same, but `ps` shows it (default: SPACEONE_WEBHOOK_URL, else asked for)"},
    "alarms": {
        "metavar": "FILE",
        "help": "the alarms that apply makes, a file or a set: compute, network, … (default: default)",
    },
    "no-alarms": {**SWITCH, "help": "topic and subscription only, for attach"},
    "events": {**SWITCH, "help": "rules for Cloud Guard, budgets and critical database events too"},
    "events-compartment": {
        "metavar": "OCID",
        "help": "of the rules: the tenancy sees budgets (default: the first compartment)",
    },
    "retry-hours": {
        "type": float,
        "default": 24,
        "metavar": "N",
        "help": "how long ONS tries to deliver (default: %(default)s)",
    },
    "freeform-tag": {**REPEATED, "metavar": "KEY=VALUE", "help": "on all that is made; may be repeated"},
    "defined-tag": {**REPEATED, "metavar": "NAMESPACE.KEY=VALUE", "help": "on all that is made; may be repeated"},
    "alarm": {**REPEATED, "metavar": "PATTERN", "help": "alarms with such names, as 'web *'; may be repeated"},
    "their-topics": {**SWITCH, "help": "subscribe the webhook to topics that alarms have already"},
    "audit": {**SWITCH, "help": "who changed alarms and topics in the last 24 hours"},
    "force": {**SWITCH, "help": "delete the topic though the tenancy could not be searched for alarms that need it"},
    "all": {**SWITCH, "help": "show what stays unchanged too"},
    "detailed-exitcode": {**SWITCH, "help": "end with 5 where there is something to change"},
    "token-file": {"metavar": "FILE", "help": "holds the token of the SpaceONE App (default: SPACEONE_TOKEN)"},
    "settle": {"type": seconds, "metavar": "TIME", "help": "leave alone what changed so lately (default: 5m)"},
    "gone": {**SWITCH, "help": "resolve alerts of alarms that were deleted or disabled in OCI"},
    "every": {"type": seconds, "metavar": "TIME", "help": "go on, a cycle every so many minutes, as 5m"},
    "most-changes": {"type": int, "metavar": "NUMBER", "help": "change nothing if more is due (default: 20)"},
    "no-keep-alive": {**SWITCH, "help": "send no repeats for alarms that fire"},
    "no-replay": {**SWITCH, "help": "leave messages that failed as they are"},
    "status-port": {"type": int, "metavar": "PORT", "help": "with --every: serve /health and /metrics"},
    "wait": {"type": float, "default": 300, "metavar": "SECONDS", "help": "for the confirmation (default: %(default)s)"},
    "pause": {"type": float, "default": 10, "metavar": "SECONDS", "help": "between the two messages (default: %(default)s)"},
    "dry-run": {**SWITCH, "help": "show what would be done, as plan does"},
    "yes": {**SWITCH, "help": "do it without asking"},
    "config": {"metavar": "FILE", "help": "default: OCI_CLI_CONFIG_FILE, ~/.oci/config, OCI_CONFIG_FILE"},
    "profile": {"help": "default: OCI_CLI_PROFILE, OCI_CONFIG_PROFILE, DEFAULT"},
    "auth": {"metavar": "WHO", "choices": AUTHS, "help": f"{', '.join(AUTHS)} (default: OCI_CLI_AUTH, config)"},
    "endpoint": {"metavar": "URL", "help": "of a private endpoint for all services; {region} stands for the region"},
    "rate": {
        "type": float,
        "default": 10,
        "metavar": "N",
        "help": "alarm operations a second, 0 for no limit (default: %(default)s)",
    },
    "json": {**SWITCH, "help": "print one JSON object"},
}
FROM_ENVIRONMENT = {  # destination -> variables, the first that is set counts, as with Oracle's own tools
    "config": ("OCI_CLI_CONFIG_FILE",),
    "profile": ("OCI_CLI_PROFILE", "OCI_CONFIG_PROFILE"),
    "auth": ("OCI_CLI_AUTH",),
    "region": ("OCI_CLI_REGION",),  # OCI_REGION counts only if the profile names no region
}
DEFAULTS = {"config": "~/.oci/config", "profile": "DEFAULT", "auth": "config"}
FALLBACK = "OCI_CONFIG_FILE"  # the SDK's variable: it counts where the default file is missing


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        choice = CHOICE.search(message)
        near = _near(choice[1], re.findall(r"[\w-]+", choice[2])) if choice else "."
        raise UsageError(f"{message[:1].upper()}{message[1:]}{near} See {self.prog} --help.")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Wraps lines at words, keeping columns, and commands that can be copied."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:  # noqa: ARG002 - argparse's
        return "\n".join(
            _command(line, width) if f" {PROGRAM} " in line[:20] else hanging(line, width) for line in text.split("\n")
        )


def _command(line: str, width: int) -> str:
    whole = re.sub(r"'[^']*'|--[\w-]+ (?!-)", lambda found: found[0].replace(" ", "\xa0"), line)
    lines = textwrap.wrap(whole, width - 2, subsequent_indent=" " * 6, break_long_words=False, break_on_hyphens=False)
    return " \\\n".join(lines).replace("\xa0", " ")


def parse(words: Sequence[str]) -> Arguments:
    """Read the command line; raise UsageError if it is wrong."""
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        raise UsageError(f"Unknown command {words[0]!r}{_near(words[0], COMMANDS)} See {PROGRAM} --help.")
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        raise UsageError(f"The command is missing; it comes before the options. See {PROGRAM} --help.")
    for word in words[1:] if words[0] in COMMANDS else ():
        if word.startswith("--") and word.partition("=")[0] not in ("--help", *(f"--{o}" for o in options_of(words[0]))):
            raise UsageError(_unknown(word, words[0]))
    arguments, unknown = _parser().parse_known_args(words, namespace=_defaults())
    if unknown:
        raise UsageError(_unknown(unknown[0], arguments.command))
    if arguments.command == "plan":
        for option in set(options_of("plan")) - {*options_of(arguments.changes), *PLAN_ONLY}:
            if getattr(arguments, destination(option)) != _default(option):
                raise UsageError(_only(option, arguments.changes))
    return _from_environment(arguments)


def destination(option: str) -> str:
    """Return the name of an option among the arguments."""
    return option.replace("-", "_")


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items())
    description = HELP.format(commands=commands)
    parser = _Parser(prog=PROGRAM, description=description, usage=f"{PROGRAM} COMMAND [OPTIONS]", formatter_class=_Help)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, help=argparse.SUPPRESS)
    for name, command in COMMANDS.items():
        examples = "\n".join(f"  {PROGRAM} {example}" for example in command.examples)
        text = f"{command.summary[:1].upper()}{command.summary[1:]}."
        one = parsers.add_parser(
            name,
            prog=f"{PROGRAM} {name}",
            usage=f"{PROGRAM} {name}{' [COMMAND]' if name == 'plan' else ''} [OPTIONS]",
            description=text,
            epilog=f"examples:\n{examples}",
            formatter_class=_Help,
            allow_abbrev=False,
        )
        if name == "plan":
            one.add_argument(
                "subject", nargs="?", choices=PLANNED, metavar="COMMAND", help="what to show: " + ", ".join(PLANNED)
            )
        for option in options_of(name):
            told = str(OPTIONS[option].get("help", "")).replace("%(default)s", str(_default(option)))
            one.add_argument(f"--{option}", **{**OPTIONS[option], "default": argparse.SUPPRESS, "help": told})
    return parser


def _defaults() -> Arguments:
    """Return the defaults of all options, also those that a command does not take."""
    return Arguments(**{destination(option): _default(option) for option in OPTIONS}, subject=None)


def _default(option: str) -> Any:
    default = OPTIONS[option].get("default", False if "action" in OPTIONS[option] else None)
    return list(default) if isinstance(default, list) else default


def _from_environment(arguments: Arguments) -> Arguments:
    for name, variables in FROM_ENVIRONMENT.items():
        if not getattr(arguments, name):
            found = next((os.environ[variable] for variable in variables if os.environ.get(variable)), DEFAULTS.get(name))
            setattr(arguments, name, [found] if found and name == "region" else found or getattr(arguments, name))
    if arguments.config == DEFAULTS["config"] and not os.path.isfile(os.path.expanduser(arguments.config)):
        arguments.config = os.environ.get(FALLBACK) or arguments.config
    if arguments.auth not in AUTHS:
        raise UsageError(
            f"OCI_CLI_AUTH: unknown value {arguments.auth!r}{_near(arguments.auth, AUTHS)} Known: {', '.join(AUTHS)}."
        )
    return arguments


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]}?" if near else "."


def _unknown(word: str, command: str) -> str:
    option = word.partition("=")[0].removeprefix("--")
    if word.startswith("--") and option in OPTIONS:
        return _only(option, command)
    known = [f"--{name}" for name in options_of(command)] if word.startswith("-") else PLANNED if command == "plan" else ()
    kind = "option" if word.startswith("-") else "word"
    return f"Unknown {kind} {word}{_near(word.partition('=')[0], known)} See {PROGRAM} {command} --help."


def _only(option: str, command: str) -> str:
    users = [name for name in COMMANDS if option in options_of(name) and name != "plan"] or ["plan"]
    return f"--{option}: {command} does not know it, only {' and '.join(users)}."
