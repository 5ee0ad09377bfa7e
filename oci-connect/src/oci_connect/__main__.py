"""Start the command. Oracle's SDK takes most of a second to load: Ctrl-C is no fault meanwhile, and SIGTERM ends as it does."""

import json
import os
import signal
import sys
import warnings

NOT_STARTED = "Interrupted before anything was done."


def start() -> int:
    """Run the command line of this process; return the exit status."""
    warnings.simplefilter("ignore")  # of the SDK's dependencies
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from oci_connect.command import main

        return main(sys.argv[1:])
    except KeyboardInterrupt:
        if "--json" in sys.argv:
            print(json.dumps({"command": "", "error": {"message": NOT_STARTED}, "exit_status": 130}))
        else:
            print(NOT_STARTED, file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # who read the output has gone
        return 1


if __name__ == "__main__":
    raise SystemExit(start())
