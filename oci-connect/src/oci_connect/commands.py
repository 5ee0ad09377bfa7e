"""The table of commands. A command's module is imported when it runs, so that help is fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

SCOPE = ("compartment", "subtree", "region", "name", "topic")
CREDENTIALS = ("config", "profile", "auth", "endpoint", "rate", "json")
URL = ("webhook-url-file", "webhook-url")
ALARMS = ("alarms", "no-alarms", "events", "events-compartment")
TAGS = ("freeform-tag", "defined-tag")
CONSENT = ("dry-run", "yes", "wait")


@dataclass(frozen=True)
class Command:
    """A command: `runs` is module:function, `options` are names of the table of options."""

    runs: str
    summary: str
    options: tuple[str, ...]
    examples: tuple[str, ...]

    @property
    def function(self) -> Callable[[Any], None]:
        """The function that runs it."""
        module, _, name = self.runs.partition(":")
        function: Callable[[Any], None] = getattr(import_module(f"oci_connect.{module}"), name)
        return function


COMMANDS = {
    "plan": Command(
        "planning:plan",
        "print the policies that are needed and what apply (or attach, detach, remove) would do; change nothing",
        (),  # those of the planned command
        ("plan --compartment ocid1.compartment.oc1..aaaa", "plan attach --compartment ocid1.tenancy.oc1..aaaa --subtree"),
    ),
    "apply": Command(
        "applying:apply",
        "make topic, subscription and the alarms of the file, and wait until the plugin has confirmed the subscription",
        (*SCOPE, *URL, *ALARMS, "retry-hours", *TAGS, *CONSENT, *CREDENTIALS),
        (
            "apply --compartment ocid1.compartment.oc1..aaaa",
            "apply --compartment ocid1.compartment.oc1..aaaa --no-alarms --webhook-url-file url.txt",
        ),
    ),
    "attach": Command(
        "attaching:attach",
        "let existing alarms notify the topic, at least every 5 minutes; what they were is kept in a tag",
        (*SCOPE, *URL, "alarm", "their-topics", *TAGS, *CONSENT, *CREDENTIALS),
        (
            "attach --compartment ocid1.compartment.oc1..aaaa --alarm 'web *'",
            "attach --compartment ocid1.tenancy.oc1..aaaa --subtree --their-topics",
        ),
    ),
    "detach": Command(
        "attaching:detach",
        "give attached alarms back what they were",
        (*SCOPE, "alarm", *CONSENT, *CREDENTIALS),
        (
            "detach --compartment ocid1.compartment.oc1..aaaa",
            "detach --compartment ocid1.compartment.oc1..aaaa --alarm 'web *' --yes",
        ),
    ),
    "status": Command(
        "status:status",
        "show topic, subscription, deliveries and alarms, and what of them is not in order",
        (*SCOPE, *ALARMS, "audit", *CREDENTIALS),
        (
            "status --compartment ocid1.compartment.oc1..aaaa",
            "status --compartment ocid1.tenancy.oc1..aaaa --subtree --audit --json",
        ),
    ),
    "test": Command(
        "testing:test",
        "publish a test alarm to the topic, a firing and then its recovery",
        (*SCOPE, "pause", *CREDENTIALS),
        (
            "test --compartment ocid1.compartment.oc1..aaaa",
            "test --topic ocid1.onstopic.oc1.phx.aaaa --auth instance_principal",
        ),
    ),
    "remove": Command(
        "removing:remove",
        "delete what oci-connect made for the topic, and nothing else",
        (*SCOPE, "alarms", "events", "events-compartment", "force", *CONSENT, *CREDENTIALS),
        (
            "remove --compartment ocid1.compartment.oc1..aaaa --dry-run",
            "remove --compartment ocid1.compartment.oc1..aaaa --yes",
        ),
    ),
    "drift": Command(
        "reconcile.command:drift",
        "show which open alerts of SpaceONE are not what fires in OCI; change nothing",
        (*SCOPE, "token-file", "settle", "gone", "no-keep-alive", "no-replay", *CREDENTIALS),
        ("drift --compartment ocid1.compartment.oc1..aaaa", "drift --compartment ocid1.tenancy.oc1..aaaa --subtree --json"),
    ),
    "reconcile": Command(
        "reconcile.command:reconcile",
        "heal that, once or --every 5m",
        (
            *(*SCOPE, "token-file", "settle", "gone", "every", "most-changes", "no-keep-alive", "no-replay"),
            *("status-port", "dry-run", "yes", *CREDENTIALS),
        ),
        (
            "reconcile --compartment ocid1.compartment.oc1..aaaa --dry-run",
            "reconcile --compartment ocid1.compartment.oc1..aaaa --yes --every 5m --status-port 8080",
        ),
    ),
    "doctor": Command(
        "doctor:doctor",
        "look at everything from top to bottom, and say what to do",
        (*SCOPE, "token-file", "settle", "gone", *CREDENTIALS),
        ("doctor --compartment ocid1.compartment.oc1..aaaa", "doctor --compartment ocid1.tenancy.oc1..aaaa --subtree"),
    ),
}
PLANNED = ("apply", "attach", "detach", "remove")  # what `plan` can show
PLAN_ONLY = ("all", "detailed-exitcode")


def options_of(command: str) -> tuple[str, ...]:
    """Return the names of the options that a command takes; plan takes those of all that it can show."""
    if command != "plan":
        return COMMANDS[command].options
    return tuple(dict.fromkeys(option for planned in PLANNED for option in (*COMMANDS[planned].options, *PLAN_ONLY)))
