"""Measurements: how fast the plugin is, what it survives, and which faults the tests notice."""
