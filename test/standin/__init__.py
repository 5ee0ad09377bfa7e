"""What stands around a plugin when it is tried: Oracle, Redis, and the plugin's own process, all on loopback."""
