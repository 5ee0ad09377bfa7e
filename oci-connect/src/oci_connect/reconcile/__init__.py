"""drift and reconcile: compare and align SpaceONE's open alerts with OCI's firing alarms, after lost messages."""
