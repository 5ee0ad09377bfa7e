"""The order of things, no more."""
