"""plan: the policies, and what a command would do."""

from __future__ import annotations

from oci_connect import policies
from oci_connect.commands import COMMANDS
from oci_connect.context import Context
from oci_connect.error import Changes

WOULD_CHANGE = "There is something to change: {count} steps, see above."


def plan(context: Context) -> None:
    """Print the policies, and what a command would do."""
    context.output.policies(policies.statements(context.arguments, context.definitions))
    context.output.say("")
    COMMANDS[context.arguments.changes].function(context)
    context.output.say_sums()
    if context.arguments.detailed_exitcode and (count := context.output.changes):
        raise Changes(WOULD_CHANGE.format(count=count))
