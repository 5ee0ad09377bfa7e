"""Start the command. Ctrl-C and SIGTERM end it cleanly, also while Oracle's SDK is loading (most of a second)."""

import os
import signal
import sys
import warnings

from oci_connect.result import refuse

NOT_STARTED = "Interrupted before anything was done."


def start() -> int:
    """Run the command line of this process; return the exit status."""
    warnings.simplefilter("ignore")  # of the SDK's dependencies
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from oci_connect.command import main

        return main(sys.argv[1:])
    except KeyboardInterrupt:
        return refuse("", NOT_STARTED, 130, as_json="--json" in sys.argv)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # closed pipe
        return 1


if __name__ == "__main__":
    raise SystemExit(start())
