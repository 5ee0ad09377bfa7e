"""The gRPC face: request in, service, reply out."""
