"""Alarms of OCI Monitoring, in their two formats."""
