"""Outbound I/O: Oracle's Notification Service, Redis, and memory in the process."""
