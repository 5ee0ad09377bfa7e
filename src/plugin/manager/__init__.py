"""Use cases: one method per RPC."""
