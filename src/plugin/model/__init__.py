"""Values of the plugin's own, without I/O."""
