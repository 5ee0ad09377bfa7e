"""Connect OCI to SpaceONE: a topic, its subscription to a SpaceONE webhook, and alarms that notify the topic.

plan    print what apply would do, and the policies that it needs; change nothing
apply   make what is missing, and wait until the subscription is active: the plugin confirms it
status  show topic, subscription and alarms
test    publish a test alarm to the topic, a firing and then its recovery
remove  delete what apply made, and nothing else

Exit status: 0 done, 1 refused by OCI, 2 wrong usage, 3 timed out.
"""

from __future__ import annotations

import oci

from oci_connect import arguments, definitions
from oci_connect.commands import COMMANDS, Context
from oci_connect.connection import Connection
from oci_connect.error import CommandError, explain
from oci_connect.output import Output


def main() -> int:
    """Return the exit status."""
    parsed = arguments.parse(__doc__, COMMANDS)
    output, error, exit_status = Output(parsed.json), "", 0
    try:
        parsed.check()
        alarms = definitions.read(parsed.alarms)
        COMMANDS[parsed.command](Context(parsed, Connection(parsed), alarms, output))
    except CommandError as e:
        error, exit_status = str(e), e.exit_status
    except oci.exceptions.ServiceError as e:
        error, exit_status = explain(e), 1
    except (oci.exceptions.RequestException, oci.exceptions.ConnectTimeout):
        error, exit_status = "OCI cannot be reached: check the region, and the network.", 1
    output.end(parsed.command, error)
    return exit_status


if __name__ == "__main__":
    raise SystemExit(main())
