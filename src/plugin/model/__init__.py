"""The plugin's own types, without I/O."""
