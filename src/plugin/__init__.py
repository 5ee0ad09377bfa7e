"""SpaceONE monitoring webhook plugin for Oracle Cloud (OCI): ONS messages in, SpaceONE events out."""
