"""The commands by their names."""

from __future__ import annotations

from collections.abc import Callable

from oci_connect import policies
from oci_connect.applying import apply
from oci_connect.attaching import attach, detach
from oci_connect.context import Context
from oci_connect.removing import remove
from oci_connect.status import status
from oci_connect.testing import test


def plan(context: Context) -> None:
    """Print the policies, and what a command would do."""
    context.output.policies(policies.statements(context.arguments, context.definitions))
    context.output.say("")
    COMMANDS[context.arguments.changes](context)


def drift(context: Context) -> None:
    """Show how open alerts differ from what fires."""
    from oci_connect.reconcile import command  # loads gRPC

    command.drift(context)


def reconcile(context: Context) -> None:
    """Heal the difference."""
    from oci_connect.reconcile import command

    command.reconcile(context)


def doctor(context: Context) -> None:
    """Look at everything from top to bottom."""
    from oci_connect import doctor as page

    page.doctor(context)


COMMANDS: dict[str, Callable[[Context], None]] = {
    "plan": plan,
    "apply": apply,
    "attach": attach,
    "detach": detach,
    "status": status,
    "test": test,
    "remove": remove,
    "drift": drift,
    "reconcile": reconcile,
    "doctor": doctor,
}
