"""The faces of the plugin."""
