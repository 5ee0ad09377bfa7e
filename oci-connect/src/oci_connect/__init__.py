"""Connect OCI's alarms to SpaceONE, and reconcile its open alerts with the firing alarms."""

__version__ = "0.1.0"
