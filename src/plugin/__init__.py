"""SpaceONE monitoring webhook plugin for Oracle Cloud (OCI): ONS messages in, SpaceONE events out."""

import os

# Set before gRPC is imported: otherwise its C core logs a line for each refused call.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
