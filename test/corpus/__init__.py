"""The messages to try a plugin with, and what is to become of them."""
