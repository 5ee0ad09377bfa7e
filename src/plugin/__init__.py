"""SpaceONE monitoring webhook plugin for Oracle Cloud (OCI): ONS messages in, SpaceONE events out."""

import os

# Read when gRPC is first imported: its C core would log a line for each call that it refuses.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
