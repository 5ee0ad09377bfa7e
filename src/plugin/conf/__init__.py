"""Settings of the framework."""
