"""The policies that the user's group needs, in OCI's policy language.

https://docs.oracle.com/en-us/iaas/Content/Identity/Reference/policyreference.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oci_connect.arguments import Arguments
from oci_connect.definitions import Definition, elsewhere

GROUP = "Allow group WebhookAdmins to"
EVERYWHERE = ("manage alarms", "read metrics")
TENANCY = "ocid1.tenancy."
AT_HOME = ("manage ons-topics", "manage ons-subscriptions")  # where topic and subscription live


def statements(arguments: Arguments, alarms: Sequence[Definition]) -> list[str]:
    """Return the statements for a command line and the alarms of its file."""
    return list(dict.fromkeys(f"{GROUP} {what} in {_place(where)}" for what, where in _needed(arguments, alarms)))


def _needed(arguments: Arguments, alarms: Sequence[Definition]) -> Iterator[tuple[str, str]]:
    for number, compartment in enumerate(arguments.compartment):
        for what in [*EVERYWHERE, *(AT_HOME if number == 0 else ()), *_more(arguments)]:
            yield what, compartment
    if arguments.changes == "remove":
        yield "read alarms", TENANCY
    for compartment in elsewhere(alarms):
        yield from ((what, compartment) for what in EVERYWHERE)
    for compartment in elsewhere(alarms, "metricCompartmentId"):
        yield "read metrics", compartment
    if arguments.events and arguments.compartment:
        compartment = arguments.events_compartment or arguments.compartment[0]
        yield "manage cloudevents-rules", compartment
    if arguments.audit and arguments.events_compartment:
        yield "read audit-events", arguments.events_compartment


def _place(compartment: str) -> str:
    return "tenancy" if compartment.startswith(TENANCY) else f"compartment id {compartment}"


def _more(arguments: Arguments) -> Iterable[str]:
    if arguments.subtree:
        yield "inspect compartments"
    if arguments.audit:
        yield "read audit-events"


def read_metrics(compartment: str) -> str:
    """Return the statement for the metrics of one more compartment."""
    return f"{GROUP} read metrics in {_place(compartment)}"
