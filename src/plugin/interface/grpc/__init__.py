"""SpaceONE's two plugin services over gRPC."""
