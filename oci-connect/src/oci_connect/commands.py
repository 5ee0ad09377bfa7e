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


COMMANDS: dict[str, Callable[[Context], None]] = {
    "plan": plan,
    "apply": apply,
    "attach": attach,
    "detach": detach,
    "status": status,
    "test": test,
    "remove": remove,
}
