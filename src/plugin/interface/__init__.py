"""Inbound I/O: gRPC for SpaceONE, HTTP for probes and Prometheus."""
