"""Connects OCI's alarms to SpaceONE, and keeps what is open there in step with what fires here."""

__version__ = "0.1.0"
