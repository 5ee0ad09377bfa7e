"""The only calls to the outside."""
