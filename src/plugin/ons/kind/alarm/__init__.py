"""Alarms of OCI Monitoring, in the two shapes that they come in."""
