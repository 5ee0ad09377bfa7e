"""The policies that the user's group needs, in OCI's policy language.

https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/policyreference.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oci_connect.arguments import Arguments

GROUP = "Allow group WebhookAdmins to"
EVERYWHERE = ("manage alarms", "read metrics")
AT_HOME = ("manage ons-topics", "manage ons-subscriptions")  # where topic and subscription live


def statements(arguments: Arguments) -> list[str]:
    """Return the statements for a command line."""
    return list(_statements(arguments))


def _statements(arguments: Arguments) -> Iterator[str]:
    for number, compartment in enumerate(arguments.compartment):
        for what in [*EVERYWHERE, *(AT_HOME if number == 0 else ()), *_more(arguments)]:
            yield f"{GROUP} {what} in compartment id {compartment}"
    if arguments.events and arguments.compartment:
        compartment = arguments.events_compartment or arguments.compartment[0]
        yield f"{GROUP} manage cloudevents-rules in compartment id {compartment}"


def _more(arguments: Arguments) -> Iterable[str]:
    if arguments.subtree:
        yield "inspect compartments"
    if arguments.audit:
        yield "read audit-events"
